import { useEffect, useLayoutEffect, useRef, useState, type KeyboardEvent, type ReactNode } from 'react';
import { texts } from '../texts';
import { Icon } from '../ui/Icon';
import { draftOf, keepDraft } from './drafts';
import { sends, touch } from './field';
import { lengthOf, useLongest } from './length';
import { onRestoreText } from './restoreText';
import { TooLong } from './TooLong';

/** Share of the characters that must be left, so that their number is not shown. */
const COUNT_FROM = 1 / 10;

interface Props {
  user: string;
  /** The conversation that the draft belongs to. */
  conversation: string;
  /** ID of the reply in progress. */
  writing: string | undefined;
  onSend: (...contents: string[]) => void;
  onStop: () => void;
  /** Edits the last message of the user; `undefined` if there is none. */
  onEditLast: (() => void) | undefined;
  /** Controls below the text, such as the model picker. */
  children?: ReactNode;
}

export function Composer({ user, conversation, writing, onSend, onStop, onEditLast, children }: Props) {
  const [text, setText] = useState(() => draftOf(user, conversation));
  const field = useRef<HTMLTextAreaElement>(null);
  const longest = useLongest();
  const left = longest - lengthOf(text);
  const sendable = text.trim() !== '' && left >= 0;

  useLayoutEffect(() => {
    setText(draftOf(user, conversation));
    if (!touch.matches) field.current?.focus();
  }, [user, conversation]);

  // Another tab may have a draft for the same conversation. Each tab keeps what it shows, and the last edit is stored.
  function write(next: string) {
    setText(next);
    keepDraft(user, conversation, next);
  }

  // Registered again on every change, so that the handler sees the current text and does not overwrite it.
  useLayoutEffect(() =>
    onRestoreText((taken) => {
      if (text.trim() === '') write(taken);
      if (!touch.matches) field.current?.focus();
    }),
  );

  useLayoutEffect(() => {
    const element = field.current;
    if (!element || CSS.supports('field-sizing', 'content')) return;
    element.style.height = 'auto';
    element.style.height = `${element.scrollHeight}px`;
  }, [text]);

  // Typing anywhere on the page goes to this field.
  useEffect(() => {
    const onKey = (event: globalThis.KeyboardEvent) => {
      const { activeElement: active } = document;
      if (event.key.length !== 1 || event.ctrlKey || event.metaKey || event.altKey || event.key === ' ') return;
      if (active && active !== document.body && !active.matches('.messages, [data-message]')) return;
      field.current?.focus();
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, []);

  function send() {
    if (sendable) sendAll([text]);
  }

  function sendAll(contents: string[]) {
    onSend(...contents);
    write('');
    field.current?.focus();
  }

  function replace(from: string, to: string) {
    if (field.current?.value !== from) return;
    write(to);
    field.current.focus();
  }

  function stop() {
    onStop();
    // The button disappears, so the focus must move.
    if (!touch.matches) field.current?.focus();
  }

  function onKeyDown(event: KeyboardEvent) {
    // An IME composition has keys of its own.
    if (event.nativeEvent.isComposing) return;
    if (sends(event)) {
      event.preventDefault();
      send();
    } else if (event.key === 'Escape' && writing) {
      onStop();
    } else if (event.key === 'ArrowUp' && text === '' && onEditLast) {
      event.preventDefault();
      onEditLast();
    }
  }

  return (
    <form
      className="composer"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      {/* A click beside the text focuses the field. */}
      <div className="field" onClick={(event) => event.target === event.currentTarget && field.current?.focus()}>
        <textarea
          id="composer"
          ref={field}
          dir="auto"
          rows={1}
          aria-label={texts.composer}
          aria-describedby="composer-count"
          placeholder={texts.placeholder}
          title={touch.matches ? undefined : texts.keys}
          value={text}
          onChange={(event) => write(event.target.value)}
          onKeyDown={onKeyDown}
        />
        <div className="tools">{children}</div>
        <span id="composer-count" className="count" data-over={left < 0 || undefined}>
          {left < 0 ? texts.tooLong(-left) : left <= longest * COUNT_FROM ? texts.left(left) : null}
        </span>
        {writing && (
          <button type="button" className="round stop" aria-label={texts.stop} title={texts.stop} onClick={stop}>
            <Icon name="stop" />
          </button>
        )}
        <button type="submit" className="round send" aria-label={texts.send} title={texts.send} disabled={!sendable}>
          <Icon name="send" />
        </button>
      </div>
      {left < 0 && <TooLong text={text} longest={longest} onSend={sendAll} onReplace={replace} />}
    </form>
  );
}
