import { useEffect, useRef, useState, type KeyboardEvent } from 'react';
import { focusComposer, sends } from '../composer/field';
import { lengthOf, useLongest } from '../composer/length';
import { reasonOf } from '../graphql/reason';
import { displayedModel } from '../models/choice';
import { randomKey } from '../outbox/outbox';
import { texts } from '../texts';
import { editOf, endEdit, keepEdit, saveEdit } from './editing';

interface Props {
  user: string;
  conversationId: string;
  messageId: string;
  onCancel: () => void;
}

/** A field in place of a message, which edits it. The text is kept until the server has it. */
export function EditForm({ user, conversationId, messageId, onCancel }: Props) {
  const field = useRef<HTMLTextAreaElement>(null);
  const [text, setText] = useState(() => editOf(user, messageId) ?? '');
  const [saving, setSaving] = useState(false);
  const [problem, setProblem] = useState('');
  // The same input has the same key, so that it is stored once if only the response was lost.
  const attempt = useRef({ input: '', key: '' });
  const over = lengthOf(text) - useLongest();
  const sendable = text.trim() !== '' && over <= 0;

  useEffect(() => field.current?.setSelectionRange(text.length, text.length), []);

  async function save() {
    if (!sendable || saving) return;
    const model = displayedModel(conversationId);
    const input = JSON.stringify([model, text]);
    if (attempt.current.input !== input) attempt.current = { input, key: randomKey() };
    setSaving(true);
    setProblem('');
    try {
      await saveEdit({ conversationId, replaces: messageId, content: text, model, idempotencyKey: attempt.current.key });
      endEdit(user, messageId);
      focusComposer();
    } catch (error) {
      setProblem(`${texts.notSaved} ${reasonOf(error)}`);
      setSaving(false);
    }
  }

  function onKeyDown(event: KeyboardEvent) {
    if (sends(event)) void save();
    else if (event.key === 'Escape' && !event.nativeEvent.isComposing) cancel();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  function cancel() {
    endEdit(user, messageId);
    onCancel();
  }

  return (
    <form
      className="edit"
      aria-busy={saving}
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <textarea
        ref={field}
        autoFocus
        dir="auto"
        // For browsers without `field-sizing`.
        rows={Math.min(text.split('\n').length + 1, 12)}
        aria-label={texts.editMessage}
        value={text}
        readOnly={saving}
        onChange={({ target: { value } }) => {
          setText(value);
          keepEdit(user, messageId, value);
        }}
        onKeyDown={onKeyDown}
      />
      <p className="problem" role="alert">
        {over > 0 ? texts.tooLong(over) : problem}
      </p>
      <div className="actions">
        <button type="button" onClick={cancel} disabled={saving}>
          {texts.cancel}
        </button>
        <button type="submit" className="primary" disabled={!sendable || saving}>
          {saving ? texts.saving : texts.save}
        </button>
      </div>
    </form>
  );
}
