import { useEffect, useRef, useState, type FormEvent, type SyntheticEvent } from 'react';
import { reasonOf } from '../graphql/reason';
import { texts } from '../texts';
import { confirmed } from '../ui/confirm';

const LONGEST = 10_000;

interface Props {
  /** What they are now; empty, if there are none. */
  instructions: string;
  onSave: (instructions: string) => Promise<void>;
  onClose: () => void;
}

/** The instructions of a conversation. */
export function SettingsDialog({ instructions, onSave, onClose }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [prompt, setPrompt] = useState(instructions);
  const [saving, setSaving] = useState(false);
  // `saving` is drawn a moment later than a second Enter can come.
  const busy = useRef(false);
  const [problem, setProblem] = useState<string>();
  const left = LONGEST - [...prompt].length;

  useEffect(() => dialog.current?.showModal(), []);

  async function save(event: FormEvent) {
    event.preventDefault();
    if (busy.current) return;
    busy.current = true;
    setSaving(true);
    setProblem(undefined);
    try {
      await onSave(prompt.trim() ? prompt : '');
      dialog.current?.close();
    } catch (error) {
      setProblem(reasonOf(error));
      busy.current = false;
      setSaving(false);
    }
  }

  /** By Escape: what has been written is not thrown away unasked. */
  async function cancel(event: SyntheticEvent) {
    if (prompt === instructions) return;
    event.preventDefault();
    if (await confirmed(texts.discardInstructions, texts.discard)) dialog.current?.close();
  }

  return (
    <dialog ref={dialog} className="settings" onCancel={cancel} onClose={onClose} aria-labelledby="settings-title">
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
