/** The longest message, and the longest instructions, in Unicode scalar values: what the server counts. */
export const LONGEST = 10_000;

/** How many Unicode scalar values a text has. */
export function lengthOf(text: string): number {
  let length = 0;
  for (const _ of text) length++;
  return length;
}
