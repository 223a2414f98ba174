import { useContext, useId, useState, type InputHTMLAttributes } from 'react';
import { accountTexts } from '../texts';
import { FieldErrorContext } from './ActionForm';

interface Props extends InputHTMLAttributes<HTMLInputElement> {
  name: string;
  label: string;
  hint?: string;
}

/** An input with a label, a hint and an error message. A password can be made visible. */
export function Field({ name, label, hint, type, ...input }: Props) {
  const id = useId();
  const fieldError = useContext(FieldErrorContext);
  const [shown, setShown] = useState(false);
  const wrong = fieldError?.field === name ? fieldError.text : undefined;
  const described = [hint && `${id}-hint`, wrong && `${id}-wrong`].filter(Boolean).join(' ');

  return (
    <div className="labelled">
      <label htmlFor={id}>{label}</label>
      {hint && (
        <small id={`${id}-hint`} className="hint">
          {hint}
        </small>
      )}
      <div className="entry">
        <input
          id={id}
          name={name}
          type={shown ? 'text' : type}
          aria-invalid={wrong ? true : undefined}
          aria-describedby={described || undefined}
          autoCapitalize={type === 'password' ? 'off' : undefined}
          spellCheck={type === 'password' ? false : undefined}
          dir={type === 'password' || type === 'email' ? 'ltr' : 'auto'}
          {...input}
        />
        {type === 'password' && (
          <button type="button" aria-pressed={shown} aria-label={accountTexts.showField(label)} onClick={() => setShown(!shown)}>
            {accountTexts.show}
          </button>
        )}
      </div>
      <p id={`${id}-wrong`} className="problem" role="alert">
        {wrong}
      </p>
    </div>
  );
}
