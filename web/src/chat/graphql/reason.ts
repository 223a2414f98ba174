import { texts } from '../texts';
import { refusalOf } from './refusal';

/** Why something was not done, for people; `words` are those of the place where it was asked for, by code. */
export function reasonOf(error: unknown, words: Readonly<Record<string, string>> = {}): string {
  const { code, message, retryAfter } = refusalOf(error);
  if (words[code]) return words[code];
  if (code === 'RATE_LIMITED' && retryAfter) return texts.tryAgainIn(retryAfter);
  return texts.refusals[code] ?? message;
}
