import { useEffect, useId, useLayoutEffect, useRef, useState, type KeyboardEvent, type ReactNode } from 'react';
import { Icon, type IconName } from './Icon';

interface Props {
  label: string;
  icon?: IconName;
  /** Content of the button in place of an icon. It also names the button. */
  face?: ReactNode;
  /** Buttons with the role `menuitem` or `menuitemradio`. */
  children: ReactNode;
}

/** A button that opens a menu, with the usual keys: arrows, Home, End, Escape. */
export function Menu({ label, icon, face, children }: Props) {
  const [open, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const menu = useRef<HTMLDivElement>(null);
  const id = useId();

  useLayoutEffect(() => {
    if (!open || !menu.current || !button.current) return;
    menu.current.showPopover();
    const at = button.current.getBoundingClientRect();
    const { offsetWidth: width, offsetHeight: height } = menu.current;
    const below = at.bottom + height + 8 < innerHeight;
    menu.current.style.top = `${below ? at.bottom + 4 : Math.max(8, at.top - height - 4)}px`;
    const left = button.current.matches(':dir(rtl)') ? at.right - width : at.left;
    menu.current.style.left = `${Math.max(8, Math.min(left, innerWidth - width - 8))}px`;
    items()[0]?.focus();
  }, [open]);

  useEffect(() => {
    if (!open) return;
    const away = (event: Event) => {
      const target = event.target as Node;
      if (!menu.current?.contains(target) && !button.current?.contains(target)) setOpen(false);
    };
    addEventListener('pointerdown', away);
    addEventListener('wheel', away);
    return () => {
      removeEventListener('pointerdown', away);
      removeEventListener('wheel', away);
    };
  }, [open]);

  function items(): HTMLElement[] {
    return [...(menu.current?.querySelectorAll<HTMLElement>('[role^=menuitem]') ?? [])];
  }

  function close() {
    setOpen(false);
    button.current?.focus();
  }

  function onKeyDown(event: KeyboardEvent) {
    const all = items();
    const index = all.indexOf(document.activeElement as HTMLElement);
    const to = { ArrowDown: index + 1, ArrowUp: index - 1 + all.length, Home: 0, End: all.length - 1 }[event.key];
    if (to !== undefined) all[to % all.length]?.focus();
    else if (event.key === 'Escape' || event.key === 'Tab') close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  return (
    <>
      <button
        ref={button}
        type="button"
        className={face ? 'menu-face' : 'icon-button'}
        aria-label={face ? undefined : label}
        title={face ? undefined : label}
        aria-haspopup="menu"
        aria-expanded={open}
        aria-controls={open ? id : undefined}
        onClick={() => setOpen(!open)}
        onKeyDown={(event) => event.key === 'ArrowDown' && (event.preventDefault(), setOpen(true))}
      >
        {face && <span className="visually-hidden">{label}: </span>}
        {face ?? <Icon name={icon ?? 'more'} />}
      </button>
      {open && (
        <div
          ref={menu}
          id={id}
          className="menu"
          // A popover covers everything, yet stays next to its button in the document and in the reading order.
          popover="manual"
          role="menu"
          aria-label={label}
          onKeyDown={onKeyDown}
          onClick={close}
        >
          {children}
        </div>
      )}
    </>
  );
}
