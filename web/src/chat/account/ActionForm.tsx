import { createContext, useEffect, useRef, type FormEvent, type ReactNode } from 'react';
import type { Refusal } from '../graphql/refusal';
import { accountTexts } from '../texts';
import { accountReason } from './reason';
import { useTask } from './useTask';

/** The field that is invalid, and why. The field itself shows it. */
export const FaultContext = createContext<{ field: string; text: string } | undefined>(undefined);

interface Props {
  /** Label of the submit button. */
  action: string;
  look?: 'primary' | 'primary danger' | 'plain';
  /** The field that an error concerns if the server names none, by error code. */
  blame?: Record<string, string>;
  /** Texts that replace the default ones, by error code. */
  words?: Record<string, string>;
  /** May return a text that reports success. The fields are reset afterwards. */
  onSubmit: (fields: Record<string, string>) => Promise<string | void>;
  children?: ReactNode;
  /** Buttons beside the submit button. */
  aside?: ReactNode;
}

/** A form with a submit button. An error is shown at the field that it concerns, and the focus moves there. */
export function ActionForm({ action, look = 'primary', blame = {}, words = {}, onSubmit, children, aside }: Props) {
  const form = useRef<HTMLFormElement>(null);
  const { busy, refusal, done, run } = useTask();
  const fault = refusal && { field: fieldOf(refusal, blame), text: words[refusal.code] ?? accountReason(refusal) };

  useEffect(() => {
    if (fault?.field) form.current?.querySelector<HTMLElement>(`[name=${fault.field}]`)?.focus();
  }, [refusal]);

  function submit(event: FormEvent) {
    event.preventDefault();
    const fields = Object.fromEntries([...new FormData(form.current!)].map(([name, value]) => [name, String(value)]));
    void run(async () => {
      const said = await onSubmit(fields);
      form.current?.reset();
      return said;
    });
  }

  return (
    <form ref={form} onSubmit={submit}>
      <FaultContext value={fault?.field ? { field: fault.field, text: fault.text } : undefined}>{children}</FaultContext>
      <div className="buttons">
        <button type="submit" className={look} aria-disabled={busy}>
          {busy ? accountTexts.working : action}
        </button>
        {aside}
        <p className="done" role="status">
          {done}
        </p>
      </div>
      <p className="problem" role="alert">
        {fault && !fault.field && fault.text}
      </p>
    </form>
  );
}

function fieldOf({ code, field }: Refusal, blame: Record<string, string>): string | undefined {
  return field ?? blame[code];
}
