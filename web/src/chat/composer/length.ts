import { useSyncExternalStore } from 'react';
import { createStore } from '../../store';

/** Maximum length of instructions, in Unicode scalar values, as the server counts. */
export const LONGEST_INSTRUCTIONS = 10_000;

/** Maximum length of a message. The server sets it; until the page knows it, the server refuses what is too long. */
export const longestStore = createStore(Infinity);

export function useLongest(): number {
  return useSyncExternalStore(longestStore.subscribe, longestStore.get);
}

/** Returns the number of Unicode scalar values in a text. */
export function lengthOf(text: string): number {
  let length = 0;
  for (const _ of text) length++;
  return length;
}
