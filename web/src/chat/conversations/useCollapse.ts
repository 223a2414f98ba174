import { useEffect, useLayoutEffect, useRef } from 'react';
import { MAC } from '../shortcuts/keys';

/** Toggles the list with Ctrl+B, or ⌘B on a Mac. When a button disappears with the list, its counterpart gets the focus. */
export function useCollapse(collapsed: boolean, toggle: () => void): void {
  const focusInside = useRef(false);

  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const modified = MAC ? event.metaKey && !event.ctrlKey : event.ctrlKey && !event.metaKey;
      if (!modified || event.shiftKey || event.altKey || event.key.toLowerCase() !== 'b') return;
      event.preventDefault();
      if (!document.querySelector('dialog[open]')) toggle();
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, [toggle]);

  useEffect(() => {
    const onFocus = ({ target }: FocusEvent) => {
      focusInside.current = target instanceof Element && target.closest('.sidebar, .list-opener') !== null;
    };
    addEventListener('focusin', onFocus);
    return () => removeEventListener('focusin', onFocus);
  }, []);

  const before = useRef(collapsed);
  useLayoutEffect(() => {
    if (before.current === collapsed) return;
    before.current = collapsed;
    if (focusInside.current) document.querySelector<HTMLElement>(collapsed ? '.list-opener' : '.list-closer')?.focus();
  }, [collapsed]);
}
