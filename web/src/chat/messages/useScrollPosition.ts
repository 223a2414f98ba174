import { useLayoutEffect, useReducer, useState, useSyncExternalStore, type RefObject } from 'react';
import type { VirtualizerHandle } from 'virtua';
import { loadMessagesBefore } from './actions';
import { texts } from '../texts';
import { notify } from '../ui/notices';
import { jumpStore, markMessage } from './jump';
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
  leaveEnd: () => void;
}

/**
 * Restores the position when a conversation is opened again, as after a reload, and jumps to messages. Returns true while
 * this is in progress.
 */
export function useScrollPosition({ conversationId, list, scroller, virtualizer, toEnd, leaveEnd }: Options): boolean {
  const [target, setTarget] = useState(() => storedPosition(conversationId));
  const requested = useSyncExternalStore(jumpStore.subscribe, jumpStore.get);
  const jump = requested?.conversationId === conversationId ? requested : undefined;
  const [tries, tryAgain] = useReducer((count: number) => count + 1, 0);

  useLayoutEffect(() => {
    if (jump) setTarget(jump.position);
  }, [jump]);

  // A jump that was not completed must not happen when the conversation is opened again.
  useLayoutEffect(() => () => void (jumpStore.get()?.conversationId === conversationId && jumpStore.set(undefined)), [conversationId]);

  useLayoutEffect(() => {
    if (!target || !list || (jump && target !== jump.position)) return;
    const index = list.items.findIndex(({ id }) => id === target.message);
    if (index >= 0) {
      if (jump) leaveEnd();
      virtualizer.current?.scrollToIndex(index, { align: 'start', offset: target.offset });
      if (jump && scroller.current) markMessage(scroller.current, target.message);
      end();
    } else if (list.startCursor && list.items.length < MAX_MESSAGES) {
      void loadMessagesBefore(conversationId, PAGE).then(tryAgain);
    } else {
      if (jump) notify(texts.tooFarBack);
      toEnd();
      end();
    }

    function end() {
      setTarget(undefined);
      if (jump) jumpStore.set(undefined);
    }
  }, [target, jump, list, tries, conversationId, scroller, virtualizer, toEnd, leaveEnd]);

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
