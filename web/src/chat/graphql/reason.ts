import { texts } from '../texts';
import { refusalOf } from './refusal';

/** Returns the reason for an error, for the user. `overrides` replaces the text of a code at this place. */
export function reasonOf(error: unknown, words: Readonly<Record<string, string>> = {}): string {
  const { code, message, retryAfter } = refusalOf(error);
  if (words[code]) return words[code];
  if (code === 'RATE_LIMITED' && retryAfter) return texts.tryAgainIn(retryAfter);
  return texts.errors[code] ?? message;
}
