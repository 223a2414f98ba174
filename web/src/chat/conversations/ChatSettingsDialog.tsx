import { useEffect, useRef, useState, type FormEvent, type SyntheticEvent } from 'react';
import { draftOf, unsavedInstructions, keepDraft } from '../composer/drafts';
import { lengthOf, LONGEST_INSTRUCTIONS } from '../composer/length';
import { reasonOf } from '../graphql/reason';
import { texts } from '../texts';
import { confirmed } from '../ui/confirm';
import { notifyFailure } from '../ui/notices';
import { sameGeneration, type Generation } from './generation';
import { GenerationFields } from './GenerationFields';

interface Props {
  user: string;
  /** The conversation that the settings belong to. */
  conversation: string;
  /** The saved instructions; empty if there are none. */
  instructions: string;
  /** The saved generation parameters. */
  generation: Generation;
  onSave: (instructions: string, generation: Generation) => Promise<void>;
  onClose: () => void;
}

/**
 * Edits the instructions of a conversation and its generation parameters. Unsaved instructions are kept on this device
 * until they are saved or discarded.
 */
export function ChatSettingsDialog({ user, conversation, instructions, generation, onSave, onClose }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [prompt, setPrompt] = useState(() => draftOf(user, unsavedInstructions(conversation)) || instructions);
  const [parameters, setParameters] = useState(generation);
  const [saving, setSaving] = useState(false);
  // A second Enter can come before `saving` is rendered.
  const busy = useRef(false);
  const [problem, setProblem] = useState<string>();
  const left = LONGEST_INSTRUCTIONS - lengthOf(prompt);

  useEffect(() => dialog.current?.showModal(), []);

  function write(next: string) {
    setPrompt(next);
    keepDraft(user, unsavedInstructions(conversation), next === instructions ? '' : next);
  }

  async function save(event: FormEvent) {
    event.preventDefault();
    if (busy.current) return;
    busy.current = true;
    setSaving(true);
    setProblem(undefined);
    try {
      await onSave(prompt.trim() ? prompt : '', parameters);
      close();
    } catch (error) {
      // If the dialog is closed by now, report the error as a notice.
      if (!dialog.current) return notifyFailure(error);
      setProblem(reasonOf(error));
      busy.current = false;
      setSaving(false);
    }
  }

  /** Closes the dialog and removes unsaved changes. */
  function close() {
    keepDraft(user, unsavedInstructions(conversation), '');
    dialog.current?.close();
  }

  /** Asks before the Escape key discards unsaved changes. */
  async function cancel(event: SyntheticEvent) {
    if (prompt === instructions && sameGeneration(parameters, generation)) return;
    event.preventDefault();
    if (await confirmed(texts.discardInstructions, texts.discard)) close();
  }

  return (
    <dialog ref={dialog} className="dialog" onCancel={cancel} onClose={onClose} aria-labelledby="settings-title">
      <form onSubmit={save}>
        <h2 id="settings-title">{texts.chatSettings}</h2>
        <label htmlFor="instructions">{texts.systemPrompt}</label>
        <p id="instructions-hint" className="hint">
          {texts.systemPromptHint}
        </p>
        <textarea
          id="instructions"
          aria-describedby="instructions-hint"
          autoFocus
          dir="auto"
          rows={8}
          value={prompt}
          onChange={(event) => write(event.target.value)}
        />
        {left < 1000 && <p className="count">{left < 0 ? texts.tooLong(-left) : texts.left(left)}</p>}
        <GenerationFields value={parameters} onChange={setParameters} />
        <p className="problem" role="alert">
          {problem}
        </p>
        <div className="actions">
          <button type="button" onClick={close}>
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
