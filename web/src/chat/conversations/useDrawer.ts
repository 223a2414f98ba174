import { useEffect } from 'react';
import { routeStore } from '../route';

/** Where the list lies over the conversation (see `sidebar.css`). */
const narrow = matchMedia('(max-width: 48rem)');
const touch = matchMedia('(pointer: coarse)');

/** While the list lies over the conversation, keyboard and screen reader are in it; then they are back where they were. */
export function useDrawer(open: boolean): void {
  useEffect(() => {
    const conversation = document.querySelector<HTMLElement>('main.conversation');
    if (!open || !narrow.matches || !conversation) return;
    const opener = document.activeElement as HTMLElement | null;
    const route = routeStore.get();
    conversation.inert = true;
    document.querySelector<HTMLElement>('.sidebar .narrow-only')?.focus();
    return () => {
      conversation.inert = false;
      const elsewhere = routeStore.get() !== route && !touch.matches;
      (elsewhere ? document.getElementById('composer') : opener)?.focus();
    };
  }, [open]);
}
