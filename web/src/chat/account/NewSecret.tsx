import { useEffect, useId, useRef } from 'react';
import { accountTexts, texts } from '../texts';
import { CopyButton } from '../ui/CopyButton';

/** The secret of a new token, which cannot be shown again. So the Escape key does not close the dialog. */
export function NewSecret({ secret, onDone }: { secret: string; onDone: () => void }) {
  const field = useRef<HTMLInputElement>(null);
  const id = useId();

  useEffect(() => {
    const element = field.current!;
    element.focus();
    // Backwards, so that the beginning stays visible.
    element.setSelectionRange(0, secret.length, 'backward');
    const dialog = element.closest('dialog')!;
    const stay = (event: Event) => {
      if (event.target !== dialog) return;
      event.preventDefault();
      element.focus();
    };
    dialog.addEventListener('cancel', stay);
    return () => dialog.removeEventListener('cancel', stay);
  }, []);

  return (
    <div className="secret">
      <label htmlFor={id}>{accountTexts.secret}</label>
      <p id={`${id}-once`} className="hint">
        {accountTexts.secretOnce}
      </p>
      <div className="entry">
        <input ref={field} id={id} readOnly dir="ltr" value={secret} aria-describedby={`${id}-once`} spellCheck={false} />
        <CopyButton text={secret} label={texts.copy} />
      </div>
      <button type="button" className="plain" onClick={onDone}>
        {accountTexts.secretDone}
      </button>
    </div>
  );
}
