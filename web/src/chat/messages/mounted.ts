import type { Message } from './list';

/** A conversation of so many messages is there as a whole: the browser finds what is searched for, and prints it. */
export const WHOLE = 60;
/** Of a longer one so many at its end, which come and go otherwise while a reply grows below them. */
const LATEST = 6;

/**
 * The places in the list of what is in the document whether it is in sight or not; `count` is how long the list is, with what
 * is not sent yet.
 */
export function mounted(messages: readonly Message[], count: number, held: ReadonlySet<string>): number[] {
  const isKept = (index: number) => {
    const message = messages[index];
    return messages.length <= WHOLE || index >= count - LATEST || (message !== undefined && held.has(message.id));
  };
  return Array.from({ length: count }, (_, index) => index).filter(isKept);
}
