import { memo, useSyncExternalStore } from 'react';
import { Markdown } from '../markdown/Markdown';
import { send } from '../outbox/flush';
import { useReplyText } from '../replies/follow';
import { stoppingStore } from '../replies/stop';
import { useInterrupted } from '../replies/useInterrupted';
import { useRevealed } from '../replies/useRevealed';
import { texts } from '../texts';
import { ErrorBoundary } from '../ui/ErrorBoundary';
import { CopyButton } from '../ui/CopyButton';
import { Icon } from '../ui/Icon';
import { Timestamp } from '../ui/Timestamp';
import { pressedOnce } from '../ui/pressedOnce';
import { FailureCard } from './FailureCard';
import { cutShort, inProgress, type Message } from './list';

interface Props {
  conversationId: string;
  message: Message;
  /** The message that the reply answers. */
  question?: string;
  /** True for the last item of the list. */
  last: boolean;
  /** True while it waits for an earlier reply. */
  queued: boolean;
}

export const MessageView = memo(function MessageView(props: Props) {
  const { role } = props.message;
  return role === 'ASSISTANT' ? <ReplyView {...props} /> : <QuestionView {...props} />;
});

function QuestionView({ conversationId, message }: Props) {
  return (
    <article className="message question" data-message={message.id} aria-label={texts.you}>
      <h2 aria-label={texts.you} />
      <div className="bubble">
        <p dir="auto">{message.content}</p>
      </div>
      <footer>
        <button
          type="button"
          className="icon-button"
          aria-label={texts.askAgain}
          title={texts.askAgain}
          {...pressedOnce(() => send(conversationId, message.content))}
        >
          <Icon name="retry" />
        </button>
        <CopyButton text={message.content} label={texts.copy} />
        <span className="facts">
          <Timestamp at={message.createdAt} />
        </span>
      </footer>
    </article>
  );
}

function ReplyView({ conversationId, message, question, last, queued }: Props) {
  const whole = useReplyText(message);
  const revealed = useRevealed(whole);
  // A stopped reply is shown in full, so that no text appears after the stop.
  const shown = message.status === 'STOPPED' ? whole : revealed;
  const stopping = useSyncExternalStore(stoppingStore.subscribe, stoppingStore.get).has(message.id);
  const interrupted = useInterrupted(message);
  const writing = inProgress(message);
  const growing = writing || shown !== whole;

  return (
    <article
      className="message reply"
      data-message={message.id}
      data-writing={growing || undefined}
      aria-label={texts.assistant}
      aria-busy={writing}
    >
      <h2 aria-label={texts.assistant} />
      {shown ? <ReplyText text={shown} unfinished={growing || cutShort(message)} /> : writing && !queued && <Waiting />}
      {queued && !shown && <p className="note">{texts.queued}</p>}
      {interrupted && !queued && !stopping && (
        <p className="note" role="status">
          {texts.interrupted}
        </p>
      )}
      {stopping && writing && <p className="note">{texts.stopping}</p>}
      {message.status === 'FAILED' ? (
        <FailureCard error={message.error} onRetry={question && last ? () => send(conversationId, question) : undefined} />
      ) : (
        <Ending message={message} />
      )}
      {!writing && (
        <footer>
          {message.content && <CopyButton text={message.content} label={texts.copy} />}
          <Facts message={message} />
        </footer>
      )}
    </article>
  );
}

/** The reply, as plain text if it cannot be rendered. */
function ReplyText(props: { text: string; unfinished: boolean }) {
  return (
    <ErrorBoundary
      fallback={
        <p className="markdown as-written" dir="auto">
          {props.text}
        </p>
      }
    >
      <Markdown {...props} />
    </ErrorBoundary>
  );
}

function Waiting() {
  return (
    <p className="waiting" role="img" aria-label={texts.thinking}>
      <span />
      <span />
      <span />
    </p>
  );
}

function Ending({ message: { status, finishReason } }: { message: Message }) {
  if (status === 'STOPPED') return <p className="note">{texts.stopped}</p>;
  if (finishReason === 'LENGTH') return <p className="note">{texts.cutOff}</p>;
  if (finishReason === 'CONTENT_FILTER') return <p className="note">{texts.filtered}</p>;
  return null;
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
