import { createContext, useEffect, useRef, type FormEvent, type ReactNode } from 'react';
import type { ApiError } from '../graphql/apiError';
import { accountTexts } from '../texts';
import { accountReason } from './reason';
import { useTask } from './useTask';

/** The field that is invalid, and why. The field itself shows it. */
export const FieldErrorContext = createContext<{ field: string; text: string } | undefined>(undefined);

interface Props {
  /** Label of the submit button. */
  action: string;
  variant?: 'primary' | 'primary danger' | 'plain';
  /** The field that an error concerns if the server names none, by error code. */
  fieldByCode?: Record<string, string>;
  /** Texts that replace the default ones, by error code. */
  textByCode?: Record<string, string>;
  /** May return a text that reports success. The fields are reset afterwards. */
  onSubmit: (fields: Record<string, string>) => Promise<string | void>;
  children?: ReactNode;
  /** Buttons beside the submit button. */
  aside?: ReactNode;
}

/** A form with a submit button. An error is shown at the field that it concerns, and the focus moves there. */
export function ActionForm({ action, variant = 'primary', fieldByCode = {}, textByCode = {}, onSubmit, children, aside }: Props) {
  const form = useRef<HTMLFormElement>(null);
  const { busy, failure, done, run } = useTask();
  const formError = failure && { field: fieldOf(failure, fieldByCode), text: textByCode[failure.code] ?? accountReason(failure) };

  useEffect(() => {
    if (formError?.field) form.current?.querySelector<HTMLElement>(`[name=${formError.field}]`)?.focus();
  }, [failure]);

  function submit(event: FormEvent) {
    event.preventDefault();
    const fields = Object.fromEntries([...new FormData(form.current!)].map(([name, value]) => [name, String(value)]));
    void run(async () => {
      const text = await onSubmit(fields);
      form.current?.reset();
      return text;
    });
  }

  return (
    <form ref={form} onSubmit={submit}>
      <FieldErrorContext value={formError?.field ? { field: formError.field, text: formError.text } : undefined}>{children}</FieldErrorContext>
      <div className="buttons">
        <button type="submit" className={variant} aria-disabled={busy}>
          {busy ? accountTexts.working : action}
        </button>
        {aside}
        <p className="done" role="status">
          {done}
        </p>
      </div>
      <p className="problem" role="alert">
        {formError && !formError.field && formError.text}
      </p>
    </form>
  );
}

function fieldOf({ code, field }: ApiError, fieldByCode: Record<string, string>): string | undefined {
  return field ?? fieldByCode[code];
}
