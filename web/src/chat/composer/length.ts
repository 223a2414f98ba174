/** Maximum length of a message and of instructions, in Unicode scalar values, as the server counts. */
export const LONGEST = 10_000;

/** Returns the number of Unicode scalar values in a text. */
export function lengthOf(text: string): number {
  let length = 0;
  for (const _ of text) length++;
  return length;
}
