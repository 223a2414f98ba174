import type { MouseEvent } from 'react';

/** Returns true if the page follows a clicked link itself. A click for another tab or window is left to the browser. */
export function followsInPage(event: MouseEvent): boolean {
  if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return false;
  event.preventDefault();
  return true;
}
