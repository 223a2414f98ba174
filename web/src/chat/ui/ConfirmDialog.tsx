import { useEffect, useId, useRef, useSyncExternalStore } from 'react';
import { texts } from '../texts';
import { questionStore, type Question } from './confirm';

/** The dialog that asks the current question, if there is one. */
export function ConfirmDialog() {
  const question = useSyncExternalStore(questionStore.subscribe, questionStore.get);

  useEffect(() => () => questionStore.get()?.answer(false), []);

  return question ? <Ask key={question.text} question={question} /> : null;
}

function Ask({ question: { text, action, answer } }: { question: Question }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const yes = useRef(false);
  const id = useId();

  useEffect(() => dialog.current?.showModal(), []);

  // The answer is given when the dialog has closed. Only then has the focus returned to its previous element.
  function close(answer: boolean) {
    yes.current = answer;
    dialog.current?.close();
  }

  return (
    <dialog
      ref={dialog}
      role="alertdialog"
      className="dialog confirm"
      aria-labelledby={id}
      onClose={(event) => {
        event.stopPropagation();
        answer(yes.current);
      }}
    >
      <p id={id} dir="auto">
        {text}
      </p>
      <div className="actions">
        <button type="button" autoFocus onClick={() => close(false)}>
          {texts.cancel}
        </button>
        <button type="button" className="primary danger" onClick={() => close(true)}>
          {action}
        </button>
      </div>
    </dialog>
  );
}
