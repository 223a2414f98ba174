import type { Message } from '../messages/list';
import { texts } from '../texts';

/** Returns why a reply failed, for the user. */
export function failureOf(error: Message['error']): string {
  return (error && texts.failed[error.code]) ?? texts.failedOtherwise;
}
