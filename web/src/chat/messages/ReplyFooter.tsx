import { useRef, useState } from 'react';
import { RegenerateButton } from '../branches/RegenerateButton';
import { Versions } from '../branches/Versions';
import { rate } from '../replies/rate';
import { texts } from '../texts';
import { announce } from '../ui/Announcer';
import { CopyButton } from '../ui/CopyButton';
import { Icon } from '../ui/Icon';
import { Timestamp } from '../ui/Timestamp';
import type { Message } from './list';
import { RatingNote } from './RatingNote';

interface Props {
  conversationId: string;
  message: Message;
  /** True if the conversation has other branches. */
  branched: boolean;
}

/** What the user can do with a finished reply, and facts about it. */
export function ReplyFooter({ conversationId, message, branched }: Props) {
  const [noting, setNoting] = useState(false);
  const badButton = useRef<HTMLButtonElement>(null);
  const { id, content, rating } = message;

  function press(pressed: 'GOOD' | 'BAD') {
    const next = rating === pressed ? null : pressed;
    setNoting(next === 'BAD');
    void rate(conversationId, message, next);
  }

  function saveNote(note: string) {
    void rate(conversationId, message, 'BAD', note);
    announce(texts.noteSaved);
  }

  return (
    <>
      <footer>
        <Versions conversationId={conversationId} messageId={id} branched={branched} />
        {content && <CopyButton text={content} label={texts.copy} />}
        <RegenerateButton message={message} />
        <button
          type="button"
          className="icon-button"
          aria-label={texts.good}
          title={texts.good}
          aria-pressed={rating === 'GOOD'}
          onClick={() => press('GOOD')}
        >
          <Icon name="good" />
        </button>
        <button
          ref={badButton}
          type="button"
          className="icon-button"
          aria-label={texts.bad}
          title={message.ratingNote ? `${texts.bad}: ${message.ratingNote}` : texts.bad}
          aria-pressed={rating === 'BAD'}
          onClick={() => press('BAD')}
        >
          <Icon name="bad" />
        </button>
        <Facts message={message} />
      </footer>
      {noting && (
        <RatingNote
          onSave={saveNote}
          onClose={() => {
            setNoting(false);
            badButton.current?.focus();
          }}
        />
      )}
    </>
  );
}

function Facts({ message: { model, usage, createdAt } }: { message: Message }) {
  return (
    <span className="facts">
      {model && <span>{model}</span>}
      {usage && (
        <span title={texts.tokensInFull(usage.inputTokens, usage.outputTokens)}>
          {texts.tokens(usage.inputTokens, usage.outputTokens, usage.estimated)}
        </span>
      )}
      <Timestamp at={createdAt} />
    </span>
  );
}
