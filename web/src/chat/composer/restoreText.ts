/** Handler of the message field on the page. */
let field: ((text: string) => void) | undefined;

/** Puts a text back into the message field for editing, unless the field has text already. */
export function restoreText(text: string): void {
  field?.(text);
}

/** Registers the message field's handler. Returns a function that unregisters it. */
export function onRestoreText(take: (text: string) => void): () => void {
  field = take;
  return () => {
    if (field === take) field = undefined;
  };
}
