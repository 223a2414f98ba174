import { texts } from '../texts';
import { toApiError } from './apiError';

/** Returns the reason for an error, for the user. `overrides` replaces the text of a code at this place. */
export function reasonOf(error: unknown, overrides: Readonly<Record<string, string>> = {}): string {
  const { code, message, retryAfter } = toApiError(error);
  if (overrides[code]) return overrides[code];
  if (code === 'RATE_LIMITED' && retryAfter) return texts.tryAgainIn(retryAfter);
  return texts.errors[code] ?? message;
}
