import { useEffect, useRef, useState, type FormEvent } from 'react';
import { reasonOf } from '../graphql/reason';
import { open } from '../route';
import { texts } from '../texts';
import { createConversation, updateConversation } from './actions';
import type { Conversation } from './list';

const LONGEST = 10_000;

interface Props {
  /** Nothing for one that is yet to begin: it begins with its instructions. */
  conversation: Conversation | undefined;
  newModel: string | undefined;
  onClose: () => void;
}

export function SettingsDialog({ conversation, newModel, onClose }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [prompt, setPrompt] = useState(conversation?.systemPrompt ?? '');
  const [saving, setSaving] = useState(false);
  // `saving` is drawn a moment later than a second Enter can come, and a conversation has no idempotency key.
  const busy = useRef(false);
  const [problem, setProblem] = useState<string>();
  const left = LONGEST - [...prompt].length;

  useEffect(() => dialog.current?.showModal(), []);

  async function save(event: FormEvent) {
    event.preventDefault();
    const systemPrompt = prompt.trim() ? prompt : null;
    if (busy.current) return;
    busy.current = true;
    setSaving(true);
    setProblem(undefined);
    try {
      if (conversation) await updateConversation({ id: conversation.id, systemPrompt });
      else if (systemPrompt) open((await createConversation({ systemPrompt, model: newModel })).id);
      dialog.current?.close();
    } catch (error) {
      setProblem(reasonOf(error));
      busy.current = false;
      setSaving(false);
    }
  }

  return (
    <dialog ref={dialog} className="settings" onClose={onClose} aria-labelledby="settings-title">
      <form onSubmit={save}>
        <h2 id="settings-title">{texts.systemPrompt}</h2>
        <p className="hint">{texts.systemPromptHint}</p>
        <textarea
          autoFocus
          dir="auto"
          rows={8}
          aria-labelledby="settings-title"
          value={prompt}
          onChange={(event) => setPrompt(event.target.value)}
        />
        {left < 1000 && <p className="count">{left < 0 ? texts.tooLong(-left) : texts.left(left)}</p>}
        <p className="problem" role="alert">
          {problem}
        </p>
        <div className="actions">
          <button type="button" onClick={() => dialog.current?.close()}>
            {texts.cancel}
          </button>
          <button type="submit" className="primary" disabled={saving || left < 0}>
            {saving ? texts.saving : texts.save}
          </button>
        </div>
      </form>
    </dialog>
  );
}
