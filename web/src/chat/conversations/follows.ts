import type { MouseEvent } from 'react';

/** Whether a click on a link is ours to follow. One that asks for another tab or window is the browser's. */
export function follows(event: MouseEvent): boolean {
  if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return false;
  event.preventDefault();
  return true;
}
