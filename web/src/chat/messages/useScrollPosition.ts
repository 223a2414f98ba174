import { useLayoutEffect, useReducer, useState, type RefObject } from 'react';
import type { VirtualizerHandle } from 'virtua';
import { loadMessagesBefore } from './actions';
import type { MessageList } from './list';
import { storePosition, currentPosition, storedPosition } from './scrollPosition';

/** Maximum number of messages to load while the position is being restored. */
const MAX_MESSAGES = 2_000;
const PAGE = 100;

interface Options {
  conversationId: string;
  list: MessageList | undefined;
  scroller: RefObject<HTMLElement | null>;
  virtualizer: RefObject<VirtualizerHandle | null>;
  toEnd: () => void;
}

/** Restores the position when a conversation is opened again, as after a reload. Returns true while it is in progress. */
export function useScrollPosition({ conversationId, list, scroller, virtualizer, toEnd }: Options): boolean {
  const [target, setTarget] = useState(() => storedPosition(conversationId));
  const [tries, tryAgain] = useReducer((count: number) => count + 1, 0);

  useLayoutEffect(() => {
    if (!target || !list) return;
    const index = list.items.findIndex(({ id }) => id === target.message);
    if (index >= 0) {
      virtualizer.current?.scrollToIndex(index, { align: 'start', offset: target.offset });
      setTarget(undefined);
    } else if (list.startCursor && list.items.length < MAX_MESSAGES) {
      void loadMessagesBefore(conversationId, PAGE).then(tryAgain);
    } else {
      toEnd();
      setTarget(undefined);
    }
  }, [target, list, tries, conversationId, virtualizer, toEnd]);

  // A layout effect, because it must end before the positions are removed at sign-out.
  useLayoutEffect(() => {
    const element = scroller.current;
    if (!element || target) return;
    const keep = () => storePosition(conversationId, currentPosition(element));
    addEventListener('pagehide', keep);
    document.addEventListener('visibilitychange', keep);
    return () => {
      removeEventListener('pagehide', keep);
      document.removeEventListener('visibilitychange', keep);
      keep();
    };
  }, [conversationId, target, scroller]);

  return target !== undefined;
}
