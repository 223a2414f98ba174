import { useState, useSyncExternalStore, type FormEvent } from 'react';
import { lengthOf, LONGEST_INSTRUCTIONS } from '../composer/length';
import { defaultsStore, setDefaults } from '../models/defaults';
import { ModelPicker } from '../models/ModelPicker';
import { modelsStore } from '../models/models';
import { accountTexts, texts } from '../texts';

/** Sets the instructions and the model that new chats start with. */
export function DefaultsForm() {
  const models = useSyncExternalStore(modelsStore.subscribe, modelsStore.get);
  const [defaults, setValues] = useState(defaultsStore.get);
  const [saved, setSaved] = useState(false);
  const left = LONGEST_INSTRUCTIONS - lengthOf(defaults.instructions);

  function edit(change: Partial<typeof defaults>) {
    setValues({ ...defaults, ...change });
    setSaved(false);
  }

  function save(event: FormEvent) {
    event.preventDefault();
    if (left < 0) return;
    setDefaults({ ...defaults, instructions: defaults.instructions.trim() ? defaults.instructions : '' });
    setSaved(true);
  }

  return (
    <section aria-labelledby="account-defaults">
      <h3 id="account-defaults">{accountTexts.newChats}</h3>
      <p className="hint">{accountTexts.newChatsHint}</p>
      <form onSubmit={save}>
        <label className="labelled">
          {texts.systemPrompt}
          <textarea dir="auto" rows={6} value={defaults.instructions} onChange={(event) => edit({ instructions: event.target.value })} />
        </label>
        {left < 1000 && <p className="count">{left < 0 ? texts.tooLong(-left) : texts.left(left)}</p>}
        {models.length > 1 && (
          <div className="labelled">
            <span aria-hidden="true">{texts.model}</span>
            <ModelPicker value={defaults.model} onChange={(model) => edit({ model })} />
          </div>
        )}
        <div className="buttons">
          <button type="submit" className="primary" disabled={left < 0}>
            {texts.save}
          </button>
          <p className="done" role="status">
            {saved && accountTexts.saved}
          </p>
        </div>
      </form>
    </section>
  );
}
