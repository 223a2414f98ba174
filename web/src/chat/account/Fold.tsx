import { useEffect, useRef, useState, type ReactNode } from 'react';

/** A form that is there when it is asked for: until then no password manager fills it in, and the dialog is short. */
export function Fold({ label, children }: { label: string; children: ReactNode }) {
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
