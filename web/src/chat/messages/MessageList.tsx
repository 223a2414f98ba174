import { useEffect, useLayoutEffect, useRef, useState, useSyncExternalStore } from 'react';
import { Virtualizer, type VirtualizerHandle } from 'virtua';
import { useSwitchInPlace } from '../branches/useSwitchInPlace';
import { LoadErrorNote, useLoadError } from '../loading/LoadErrorNote';
import { echoesStore, isUnsent } from '../outbox/echoes';
import { entriesOf } from '../outbox/outbox';
import { outboxStore } from '../outbox/storage';
import { UnsentMessage } from '../outbox/UnsentMessage';
import { useStateOf } from '../state';
import { texts } from '../texts';
import { Icon } from '../ui/Icon';
import { loadMessagesBefore } from './actions';
import { inProgress, type Message } from './list';
import { MessageView } from './MessageView';
import { mountedIndexes, RENDER_ALL } from './mounted';
import { storedPosition } from './scrollPosition';
import { usePinned } from './usePinned';
import { useScrollPosition } from './useScrollPosition';
import { useStickToEnd } from './useStickToEnd';

const none: readonly Message[] = [];

/** Messages this close to the visible area are rendered, in pixels. */
const OVERSCAN = 600;

/** The messages of a conversation. A long one renders only visible messages, and loads earlier ones when scrolled up. */
export function MessageList({ user, conversationId }: { user: string; conversationId: string }) {
  const list = useStateOf(({ messages }) => messages[conversationId]);
  const outbox = useSyncExternalStore(outboxStore.subscribe, outboxStore.get);
  const echoes = useSyncExternalStore(echoesStore.subscribe, echoesStore.get);
  const unsent = entriesOf(outbox, conversationId).filter((entry) => !list || isUnsent(entry, echoes));
  const items = list?.items ?? none;

  const scroller = useRef<HTMLDivElement>(null);
  const virtualizer = useRef<VirtualizerHandle>(null);
  const [elsewhere] = useState(() => storedPosition(conversationId) !== undefined);
  const { atEnd, toEnd, leaveEnd } = useStickToEnd(scroller, elsewhere);
  const seeking = useScrollPosition({ conversationId, list, scroller, virtualizer, toEnd, leaveEnd });
  useSwitchInPlace(scroller, leaveEnd);
  const first = useRef<string>(undefined);
  const [loadingBefore, setLoadingBefore] = useState(false);
  const loadError = useLoadError(conversationId);

  // When earlier messages are inserted, the visible ones stay in place.
  const prepended = items[0]?.id !== first.current && items.some(({ id }) => id === first.current);
  useLayoutEffect(() => {
    first.current = items[0]?.id;
  });

  const startCursor = list?.startCursor;
  async function loadBefore() {
    const { scrollTop = 0, clientHeight = 0 } = scroller.current ?? {};
    if (!startCursor || seeking || scrollTop > clientHeight * 1.5) return;
    setLoadingBefore(true);
    await loadMessagesBefore(conversationId);
    setLoadingBefore(false);
  }
  useEffect(() => void loadBefore(), [startCursor, seeking]);

  // Scrolls to a message that was just sent.
  const latest = unsent.at(-1)?.key;
  useLayoutEffect(() => {
    if (latest) toEnd();
  }, [latest]);

  const pinned = usePinned(scroller, items.length > RENDER_ALL);
  const firstInProgress = items.findIndex(inProgress);

  return (
    <div className="messages-frame">
      <div className="messages" data-seeking={seeking || undefined} ref={scroller} tabIndex={0} aria-label={texts.messages} role="region" onScroll={loadBefore}>
        {loadingBefore && !loadError && <p className="earlier">{texts.earlier}</p>}
        <Virtualizer
          ref={virtualizer}
          as="ol"
          item="li"
          scrollRef={scroller}
          shift={prepended}
          bufferSize={OVERSCAN}
          keepMounted={mountedIndexes(items, items.length + unsent.length, pinned)}
        >
          {items.map((message, index) => (
            <MessageView
              key={message.id}
              conversationId={conversationId}
              message={message}
              user={user}
              branched={list?.branched === true}
              last={index === items.length - 1 && unsent.length === 0}
              queued={firstInProgress >= 0 && index > firstInProgress && inProgress(message)}
            />
          ))}
          {unsent.map((entry) => (
            <UnsentMessage key={entry.key} entry={entry} />
          ))}
        </Virtualizer>
      </div>
      <LoadErrorNote what={conversationId} className={(list && !seeking) || unsent.length > 0 ? 'earlier' : 'loading'} />
      {(!list || seeking) && unsent.length === 0 && !loadError && (
        <p className="loading late" role="status">
          {texts.loading}
        </p>
      )}
      {!atEnd && (
        <button type="button" className="to-end" aria-label={texts.toBottom} title={texts.toBottom} onClick={toEnd}>
          <Icon name="bottom" />
        </button>
      )}
    </div>
  );
}
