import { memo, useEffect, useRef, useSyncExternalStore } from 'react';
import { subscriptionLogStore, type Entry, type SubscriptionLog, type Socket } from './subscriptionLog';
import { dropSocket } from './socket';
import { texts } from './texts';

/** The events of the last subscription. The response pane shows only the last of them. */
export function Events() {
  const log = useSyncExternalStore(subscriptionLogStore.subscribe, subscriptionLogStore.get);
  if (!log) return null;
  const { socket, entries, text, complete } = log;
  return (
    <section className="events" aria-label={texts.events}>
      <header>
        <span role="status" className="socket" data-state={socket.state}>
          {statusText(socket)}
        </span>
        <button type="button" disabled={socket.state !== 'open'} title={texts.dropSocketNote} onClick={dropSocket}>
          {texts.dropSocket}
        </button>
      </header>
      {text !== undefined && <AssembledText text={text} />}
      {complete !== undefined && (
        <p className="verdict" data-complete={complete}>
          {complete ? texts.complete : texts.incomplete}
        </p>
      )}
      <ol tabIndex={0} aria-label={texts.events}>
        {entries.map((entry) => (
          <Row key={entry.id} entry={entry} />
        ))}
      </ol>
      <ListedCount log={log} />
    </section>
  );
}

/** The assembled text, scrolled to its end. */
function AssembledText({ text }: { text: string }) {
  const box = useRef<HTMLParagraphElement>(null);

  useEffect(() => {
    box.current?.scrollTo({ top: box.current.scrollHeight });
  }, [text]);

  return (
    <p className="assembled" dir="auto" title={texts.assembled} tabIndex={0} ref={box}>
      {text}
    </p>
  );
}

const Row = memo(function Row({ entry }: { entry: Entry }) {
  const time = <time dateTime={entry.at.toISOString()}>{clock(entry.at)}</time>;
  if (entry.kind === 'socket') {
    return (
      <li className="of-socket">
        {time} <span>{socketEventText(entry.socket)}</span>
      </li>
    );
  }
  return (
    <li>
      <details>
        <summary>
          {time} <span>{entry.name}</span> {entry.cursor && <code title={entry.cursor}>{entry.cursor}</code>}
        </summary>
        <pre>{JSON.stringify(entry.payload, null, 2)}</pre>
      </details>
    </li>
  );
});

/** Shows how many events are listed if it is not all of them. */
function ListedCount({ log: { entries, events } }: { log: SubscriptionLog }) {
  const listed = entries.filter(({ kind }) => kind === 'event').length;
  return listed < events ? <p className="left">{texts.newest(listed, events)}</p> : null;
}

function statusText({ state, code, reason }: Socket): string {
  return code === undefined ? texts.socket[state] : `${texts.socket[state]} (${texts.closeCode(code, reason ?? '')})`;
}

function socketEventText(socket: Socket): string {
  if (socket.state !== 'open') return `${texts.socket.closed} (${texts.closeCode(socket.code ?? 0, socket.reason ?? '')})`;
  if (!socket.again) return texts.socket.open;
  return socket.after === undefined ? texts.resumedWithoutCursor : texts.resumed(socket.after);
}

/** Local time, with milliseconds. */
function clock(at: Date): string {
  const pad = (value: number, digits: number) => String(value).padStart(digits, '0');
  return `${pad(at.getHours(), 2)}:${pad(at.getMinutes(), 2)}:${pad(at.getSeconds(), 2)}.${pad(at.getMilliseconds(), 3)}`;
}
