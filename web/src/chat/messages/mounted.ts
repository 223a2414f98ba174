import type { Message } from './list';

/** A conversation of up to this many messages is rendered completely, so that the browser can search and print it. */
export const RENDER_ALL = 60;
/** Number of last messages of a longer conversation that stay rendered while a reply grows below them. */
const LATEST = 6;

/**
 * Returns the indexes of the items that are rendered even when they are not visible. `count` is the length of the list,
 * including unsent messages.
 */
export function mountedIndexes(messages: readonly Message[], count: number, pinned: ReadonlySet<string>): number[] {
  const isKept = (index: number) => {
    const message = messages[index];
    return messages.length <= RENDER_ALL || index >= count - LATEST || (message !== undefined && pinned.has(message.id));
  };
  return Array.from({ length: count }, (_, index) => index).filter(isKept);
}
