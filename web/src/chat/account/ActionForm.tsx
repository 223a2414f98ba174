import { createContext, useEffect, useRef, type FormEvent, type ReactNode } from 'react';
import type { Refusal } from '../graphql/refusal';
import { texts } from '../texts';
import { accountReason } from './reason';
import { useTask } from './useTask';

/** What is wrong with which field: the field itself says so. */
export const FaultContext = createContext<{ field: string; text: string } | undefined>(undefined);

interface Props {
  /** What the button is called. */
  action: string;
  look?: 'primary' | 'primary danger' | 'plain';
  /** The field that is at fault where the server names none: by code, or in any other case. */
  blame?: Record<string, string>;
  /** Other words for a code. */
  words?: Record<string, string>;
  /** May give a sentence that says it has been done; the fields are emptied then to what they were at first. */
  onSubmit: (fields: Record<string, string>) => Promise<string | void>;
  children?: ReactNode;
  /** Buttons beside the one that does it. */
  aside?: ReactNode;
}

/** A few fields and the button that sends them. A refusal stands by the field that it is about, and the focus goes there. */
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
          {busy ? texts.working : action}
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
