/** The message field that is shown. */
let field: ((text: string) => void) | undefined;

/** Puts a text into the message field, to be gone on with, unless something stands there already. */
export function putBack(text: string): void {
  field?.(text);
}

/** Says that the field is there, and what it does with a text; until the function is called that is returned. */
export function takesBack(take: (text: string) => void): () => void {
  field = take;
  return () => {
    if (field === take) field = undefined;
  };
}
