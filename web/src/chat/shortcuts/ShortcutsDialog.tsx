import { Fragment, useEffect, useRef } from 'react';
import { texts } from '../texts';
import { MOD } from './keys';
import './shortcuts.css';

const KEYS: readonly (readonly [what: string, ...keys: string[]])[] = [
  [texts.keysFor.send, 'Enter'],
  [texts.keysFor.newLine, 'Shift', 'Enter'],
  [texts.keysFor.stop, 'Esc'],
  [texts.keysFor.editLast, '↑'],
  [texts.keysFor.newChat, MOD, 'Shift', 'O'],
  [texts.keysFor.search, MOD, 'K'],
  [texts.keysFor.list, MOD, 'B'],
  [texts.keysFor.rename, 'F2'],
  [texts.keysFor.undo, MOD, 'Z'],
  [texts.keysFor.scroll, 'PgUp'],
  [texts.keysFor.shortcuts, MOD, '/'],
];

export function ShortcutsDialog({ onClose }: { onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);

  return (
    <dialog ref={dialog} className="dialog shortcuts" onClose={onClose} aria-labelledby="shortcuts-title">
      <form method="dialog">
        <h2 id="shortcuts-title">{texts.shortcuts}</h2>
        <dl>
          {KEYS.map(([what, ...keys]) => (
            <div key={what}>
              <dt>{what}</dt>
              <dd dir="ltr">
                {keys.map((key, index) => (
                  <Fragment key={key}>
                    {index > 0 && ' + '}
                    <kbd>{key}</kbd>
                  </Fragment>
                ))}
              </dd>
            </div>
          ))}
        </dl>
        <p className="hint">{texts.keysAnywhere}</p>
        <div className="actions">
          <button type="button" autoFocus onClick={() => dialog.current?.close()}>
            {texts.close}
          </button>
        </div>
      </form>
    </dialog>
  );
}
