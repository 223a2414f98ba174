import { useLayoutEffect, useReducer, useState, type RefObject } from 'react';
import type { VirtualizerHandle } from 'virtua';
import { loadMessagesBefore } from './actions';
import type { Message, MessageList } from './list';
import { keepPlace, placeIn, placeOf } from './place';

/** Maximum number of messages to load while the position is being restored. */
const FURTHEST = 2_000;
const PAGE = 100;

interface Options {
  conversationId: string;
  list: MessageList | undefined;
  /** The messages of the list that are shown. */
  shown: readonly Message[];
  scroller: RefObject<HTMLElement | null>;
  virtualizer: RefObject<VirtualizerHandle | null>;
  toEnd: () => void;
}

/** Restores the position when a conversation is opened again, for example after a reload. Returns whether it is in progress. */
export function usePlace({ conversationId, list, shown, scroller, virtualizer, toEnd }: Options): boolean {
  const [sought, setSought] = useState(() => placeOf(conversationId));
  const [tries, tryAgain] = useReducer((count: number) => count + 1, 0);

  useLayoutEffect(() => {
    if (!sought || !list) return;
    const place = list.items.findIndex(({ id }) => id === sought.message);
    // A message that is hidden by now is replaced by the one after it.
    const index = place < 0 ? -1 : shown.indexOf(list.items.slice(place).find((message) => shown.includes(message))!);
    if (index >= 0) {
      virtualizer.current?.scrollToIndex(index, { align: 'start', offset: sought.offset });
      setSought(undefined);
    } else if (list.startCursor && list.items.length < FURTHEST) {
      void loadMessagesBefore(conversationId, PAGE).then(tryAgain);
    } else {
      toEnd();
      setSought(undefined);
    }
  }, [sought, list, shown, tries, conversationId, virtualizer, toEnd]);

  // A layout effect, because it must end before the positions are removed at sign-out.
  useLayoutEffect(() => {
    const element = scroller.current;
    if (!element || sought) return;
    const keep = () => keepPlace(conversationId, placeIn(element));
    addEventListener('pagehide', keep);
    document.addEventListener('visibilitychange', keep);
    return () => {
      removeEventListener('pagehide', keep);
      document.removeEventListener('visibilitychange', keep);
      keep();
    };
  }, [conversationId, sought, scroller]);

  return sought !== undefined;
}
