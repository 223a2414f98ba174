import { useEffect, useRef, useState, type ReactNode } from 'react';

/** A form that is rendered only when it is opened. So no password manager fills it in before, and the dialog is short. */
export function Disclosure({ label, children }: { label: string; children: ReactNode }) {
  const [open, setOpen] = useState(false);
  const content = useRef<HTMLDivElement>(null);

  useEffect(() => {
    if (open) content.current?.querySelector<HTMLElement>('input:not([hidden])')?.focus();
  }, [open]);

  return (
    <>
      <button type="button" className="plain fold" aria-expanded={open} onClick={() => setOpen(!open)}>
        {label}
      </button>
      {open && (
        <div ref={content} className="folded">
          {children}
        </div>
      )}
    </>
  );
}
