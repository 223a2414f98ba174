import type { Message } from '../messages/list';
import { texts } from '../texts';

/** Why a reply broke off, in plain words. */
export function failureOf(error: Message['error']): string {
  return (error && texts.failed[error.code]) ?? texts.failedOtherwise;
}
