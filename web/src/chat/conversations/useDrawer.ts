import { useEffect } from 'react';
import { routeStore } from '../route';

declare global {
  interface Window {
    /** https://html.spec.whatwg.org/multipage/interaction.html#close-requests-and-close-watchers */
    readonly CloseWatcher?: new () => EventTarget & { destroy: () => void };
  }
}

/** Matches if the list covers the conversation (see `sidebar.css`). */
export const narrow = matchMedia('(max-width: 48rem)');
const touch = matchMedia('(pointer: coarse)');

/** Keeps focus and screen readers in the list while it covers the conversation, and restores the focus afterwards. */
export function useDrawer(open: boolean, close: () => void): void {
  useEffect(() => {
    const conversation = document.querySelector<HTMLElement>('main.conversation');
    if (!open || !narrow.matches || !conversation) return;
    const opener = document.activeElement as HTMLElement | null;
    const route = routeStore.get();
    conversation.inert = true;
    // On a phone, the back gesture closes the list instead of leaving the conversation.
    const watcher = window.CloseWatcher && new window.CloseWatcher();
    watcher?.addEventListener('close', close);
    document.querySelector<HTMLElement>('.list-closer')?.focus();
    return () => {
      conversation.inert = false;
      watcher?.destroy();
      const elsewhere = routeStore.get() !== route && !touch.matches;
      (elsewhere ? document.getElementById('composer') : opener)?.focus();
    };
  }, [open]);
}
