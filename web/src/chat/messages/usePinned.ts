import { useLayoutEffect, useState, type RefObject } from 'react';

const none: ReadonlySet<string> = new Set();

/**
 * Returns the messages that hold the focus or a part of the selection. They stay in the document when they are scrolled
 * out of view, because focus and selection would be lost otherwise.
 */
export function usePinned(scroller: RefObject<HTMLElement | null>, active: boolean): ReadonlySet<string> {
  const [pinned, setPinned] = useState(none);

  useLayoutEffect(() => {
    const element = scroller.current;
    if (!element || !active) return;
    const update = () => setPinned((before) => unlessSame(before, pinnedIn(element)));
    update();
    element.addEventListener('focusin', update);
    // The only event when the focus leaves the list.
    element.addEventListener('focusout', update);
    document.addEventListener('selectionchange', update);
    return () => {
      element.removeEventListener('focusin', update);
      element.removeEventListener('focusout', update);
      document.removeEventListener('selectionchange', update);
    };
  }, [scroller, active]);

  return active ? pinned : none;
}

function pinnedIn(scroller: HTMLElement): ReadonlySet<string> {
  const selection = getSelection();
  const selects = selection && !selection.isCollapsed;
  const pinned = new Set<string>();
  for (const message of scroller.querySelectorAll<HTMLElement>('[data-message]')) {
    if (message.contains(document.activeElement) || (selects && selection.containsNode(message, true))) {
      pinned.add(message.dataset.message!);
    }
  }
  return pinned;
}

function unlessSame(before: ReadonlySet<string>, now: ReadonlySet<string>): ReadonlySet<string> {
  return now.size === before.size && [...now].every((id) => before.has(id)) ? before : now;
}
