import type { KeyboardEvent } from 'react';

/** On a touch screen, Enter adds a line and the button sends. Focusing a field opens a keyboard there. */
export const touch = matchMedia('(pointer: coarse)');

/** Moves the focus to the message field because the element that had it disappears. */
export function focusComposer(): void {
  if (!touch.matches) document.getElementById('composer')?.focus();
}

/** Returns true if the key sends a text. Enter that ends an IME composition does not. */
export function sends({ key, shiftKey, ctrlKey, metaKey, keyCode, nativeEvent }: KeyboardEvent): boolean {
  if (nativeEvent.isComposing || keyCode === 229) return false;
  return key === 'Enter' && !shiftKey && (!touch.matches || ctrlKey || metaKey);
}
