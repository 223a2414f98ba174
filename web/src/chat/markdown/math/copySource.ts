import type { ClipboardEvent } from 'react';

/** Copies the source of formulas in a selection, not their symbols. Text without formulas is copied by the browser. */
export function copySource(event: ClipboardEvent<HTMLElement>): void {
  const selection = getSelection();
  const formulas = [...event.currentTarget.querySelectorAll('.math')].filter((formula) => selection?.containsNode(formula, true));
  if (!selection || formulas.length === 0) return;
  // While the text is read, the source is displayed instead of the symbols.
  for (const formula of formulas) formula.classList.add('copied');
  event.clipboardData.setData('text/plain', selection.toString());
  for (const formula of formulas) formula.classList.remove('copied');
  event.preventDefault();
}
