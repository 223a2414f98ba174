import { useEffect, useState } from 'react';
import { putBack } from '../composer/putBack';
import { reasonOf } from '../graphql/reason';
import { Refusal } from '../graphql/refusal';
import { texts } from '../texts';
import { CopyButton } from '../ui/CopyButton';
import { pressedOnce } from '../ui/pressedOnce';
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

  // Who takes it back may have meant to write it otherwise.
  function discard() {
    drop(entry);
    putBack(entry.content);
  }

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
          <button type="button" className="link" {...pressedOnce(() => sendAgain(entry))}>
            {texts.retry}
          </button>
          <button type="button" className="link" onClick={discard}>
            {texts.discard}
          </button>
          <CopyButton text={entry.content} label={texts.copy} />
        </div>
      ) : (
        slow && (
          <p className="note" role="status">
            {entry.held ? texts.tooManySent : texts.waiting}{' '}
            <button type="button" className="link" onClick={discard}>
              {texts.discard}
            </button>
            <CopyButton text={entry.content} label={texts.copy} />
          </p>
        )
      )}
    </article>
  );
}
