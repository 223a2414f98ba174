import { useEffect, useState } from 'react';
import { restoreText } from '../composer/restoreText';
import { reasonOf } from '../graphql/reason';
import { ApiError } from '../graphql/apiError';
import { texts } from '../texts';
import { CopyButton } from '../ui/CopyButton';
import { pressedOnce } from '../ui/pressedOnce';
import { sendAgain } from './flush';
import type { Entry } from './outbox';
import { drop } from './storage';

/** Time after which an unsent message shows why it waits, in milliseconds. */
const SLOW = 1_500;

export function UnsentMessage({ entry }: { entry: Entry }) {
  const [slow, setSlow] = useState(false);

  useEffect(() => {
    const timer = setTimeout(() => setSlow(true), SLOW);
    return () => clearTimeout(timer);
  }, []);

  // The text goes back to the message field, as the user may want to edit it.
  function discard() {
    drop(entry);
    restoreText(entry.content);
  }

  return (
    <article className="message question unsent" aria-label={texts.you} data-slow={slow || undefined}>
      <div className="bubble">
        <p dir="auto">{entry.content}</p>
      </div>
      {entry.refused ? (
        <div className="problem" role="alert">
          <p>
            {texts.notSent} {reasonOf(new ApiError(entry.refused))}
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
