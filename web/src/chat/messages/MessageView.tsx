import { memo, useEffect, useRef, useSyncExternalStore } from 'react';
import { beginEdit, useEdited } from '../branches/editing';
import { EditForm } from '../branches/EditForm';
import { regenerate, regeneratingStore } from '../branches/regenerate';
import { Versions } from '../branches/Versions';
import { focusComposer } from '../composer/field';
import { Markdown } from '../markdown/Markdown';
import { send } from '../outbox/flush';
import { displayedModel } from '../models/choice';
import { useReplyText } from '../replies/follow';
import { useParts } from '../replies/parts';
import { stoppingStore } from '../replies/stop';
import { useInterrupted } from '../replies/useInterrupted';
import { useRevealed } from '../replies/useRevealed';
import { texts } from '../texts';
import { ErrorBoundary } from '../ui/ErrorBoundary';
import { CopyButton } from '../ui/CopyButton';
import { Icon } from '../ui/Icon';
import { pressedOnce } from '../ui/pressedOnce';
import { Timestamp } from '../ui/Timestamp';
import { FailureCard } from './FailureCard';
import { cutShort, inProgress, type Message } from './list';
import { Reasoning } from './Reasoning';
import { ReplyFooter } from './ReplyFooter';
import { Sources } from './Sources';
import { ToolCalls } from './ToolCalls';

interface Props {
  user: string;
  conversationId: string;
  message: Message;
  /** True if the conversation has other branches. */
  branched: boolean;
  /** True for the last item of the list. */
  last: boolean;
  /** True while it waits for an earlier reply. */
  queued: boolean;
}

export const MessageView = memo(function MessageView(props: Props) {
  const { role } = props.message;
  return role === 'ASSISTANT' ? <ReplyView {...props} /> : <QuestionView {...props} />;
});

function QuestionView({ user, conversationId, message, branched }: Props) {
  const edited = useEdited(user, message.id);
  const editButton = useRef<HTMLButtonElement>(null);
  // Where the focus returns when the edit is cancelled.
  const returnTo = useRef<'button' | 'composer'>(undefined);

  useEffect(() => {
    if (edited) return;
    if (returnTo.current === 'button') editButton.current?.focus();
    else if (returnTo.current) focusComposer();
    returnTo.current = undefined;
  }, [edited]);

  if (edited) {
    return (
      <article className="message question" data-message={message.id} aria-label={texts.you}>
        <h2 aria-label={texts.you} />
        <EditForm
          user={user}
          conversationId={conversationId}
          messageId={message.id}
          onCancel={() => (returnTo.current ??= 'composer')}
        />
      </article>
    );
  }
  return (
    <article className="message question" data-message={message.id} aria-label={texts.you}>
      <h2 aria-label={texts.you} />
      <div className="bubble">
        <p dir="auto">{message.content}</p>
      </div>
      <footer>
        <Versions conversationId={conversationId} messageId={message.id} branched={branched} />
        <button
          ref={editButton}
          type="button"
          className="icon-button"
          aria-label={texts.edit}
          title={texts.edit}
          onClick={() => {
            returnTo.current = 'button';
            beginEdit(user, message);
          }}
        >
          <Icon name="edit" />
        </button>
        <CopyButton text={message.content} label={texts.copy} />
        <span className="facts">
          <Timestamp at={message.createdAt} />
        </span>
      </footer>
    </article>
  );
}

function ReplyView({ conversationId, message, branched, last, queued }: Props) {
  const whole = useReplyText(message);
  const revealed = useRevealed(whole);
  // A stopped reply is shown in full, so that no text appears after the stop.
  const shown = message.status === 'STOPPED' ? whole : revealed;
  const stopping = useSyncExternalStore(stoppingStore.subscribe, stoppingStore.get).has(message.id);
  const interrupted = useInterrupted(message);
  const regenerating = useSyncExternalStore(regeneratingStore.subscribe, regeneratingStore.get).has(message.id);
  const parts = useParts(message);
  const writing = inProgress(message);
  const growing = writing || shown !== whole;

  return (
    <article
      className="message reply"
      data-message={message.id}
      data-writing={growing || undefined}
      data-replaced={regenerating || undefined}
      aria-label={texts.assistant}
      aria-busy={writing}
    >
      <h2 aria-label={texts.assistant} />
      {parts?.reasoned && <Reasoning messageId={message.id} parts={parts} />}
      {parts && parts.toolCalls.length > 0 && <ToolCalls calls={parts.toolCalls} />}
      {shown && <ReplyText text={shown} unfinished={growing || cutShort(message)} />}
      {!shown && writing && !queued && !parts?.thinking && <Waiting />}
      {parts && parts.sources.length > 0 && <Sources sources={parts.sources} />}
      {queued && !shown && <p className="note">{texts.queued}</p>}
      {interrupted && !queued && !stopping && (
        <p className="note" role="status">
          {texts.interrupted}
        </p>
      )}
      {stopping && writing && <p className="note">{texts.stopping}</p>}
      {message.status === 'FAILED' ? (
        <FailureCard error={message.error} onRetry={last ? () => void regenerate(message.id, displayedModel(conversationId)) : undefined} />
      ) : (
        <Ending message={message} onContinue={last ? () => send(conversationId, texts.continueMessage) : undefined} />
      )}
      {message.context && message.context.leftOut > 0 && <p className="note">{texts.leftOut(message.context.leftOut)}</p>}
      {!writing && <ReplyFooter conversationId={conversationId} message={message} branched={branched} />}
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

interface EndingProps {
  message: Message;
  /** Asks for the rest; `undefined` if later messages follow. */
  onContinue: (() => void) | undefined;
}

function Ending({ message: { status, finishReason }, onContinue }: EndingProps) {
  if (status !== 'STOPPED' && finishReason !== 'LENGTH' && finishReason !== 'CONTENT_FILTER') return null;
  const filtered = finishReason === 'CONTENT_FILTER';
  return (
    <p className="note ending">
      <span>{status === 'STOPPED' ? texts.stopped : filtered ? texts.filtered : texts.cutOff}</span>
      {onContinue && !filtered && (
        <button type="button" className="link" {...pressedOnce(onContinue)}>
          {texts.continue}
        </button>
      )}
    </p>
  );
}
