import { texts } from '../texts';
import { refusalOf } from './refusal';

/** Why something that somebody who is signed in asked for was not done, for people. */
export function reasonOf(error: unknown): string {
  const { code, message, retryAfter } = refusalOf(error);
  switch (code) {
    case 'RATE_LIMITED':
      return retryAfter ? texts.tryAgainIn(retryAfter) : texts.refusals.RATE_LIMITED!;
    case 'UNREACHABLE':
    case 'INTERNAL':
      return texts.refusals[code]!;
    case 'UNAUTHENTICATED':
      return texts.noLongerSignedIn;
    default:
      return message;
  }
}
