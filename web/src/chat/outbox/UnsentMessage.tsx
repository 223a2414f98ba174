import { useEffect, useState } from 'react';
import { reasonOf } from '../graphql/reason';
import { Refusal } from '../graphql/refusal';
import { texts } from '../texts';
import { sendAgain } from './flush';
import type { Entry } from './outbox';
import { drop } from './storage';

/** Sending is quick; only when it takes longer there is something to say about it. */
const SLOW = 1_500;

export function UnsentMessage({ entry }: { entry: Entry }) {
  const [slow, setSlow] = useState(false);

  useEffect(() => {
    const timer = setTimeout(() => setSlow(true), SLOW);
    return () => clearTimeout(timer);
  }, []);

  return (
    <article className="message question unsent" aria-label={texts.you} data-slow={slow || undefined}>
      <div className="bubble">
        <p dir="auto">{entry.content}</p>
      </div>
      {entry.refused ? (
        <div className="problem" role="alert">
          <p>
            {texts.notSent} {reasonOf(new Refusal(entry.refused))}
          </p>
          <button type="button" className="link" onClick={() => sendAgain(entry)}>
            {texts.retry}
          </button>
          <button type="button" className="link" onClick={() => drop(entry)}>
            {texts.discard}
          </button>
        </div>
      ) : (
        slow && (
          <p className="note" role="status">
            {entry.held ? texts.tooManySent : texts.waiting}{' '}
            <button type="button" className="link" onClick={() => drop(entry)}>
              {texts.discard}
            </button>
          </p>
        )
      )}
    </article>
  );
}
