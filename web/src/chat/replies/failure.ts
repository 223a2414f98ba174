import type { Message } from '../messages/list';
import { texts } from '../texts';

/** Returns why a reply failed, for the user. The server explains best why the provider rejected a request. */
export function failureOf(error: Message['error']): string {
  if (error?.code === 'PROVIDER_REJECTED') return error.message;
  return (error && texts.failed[error.code]) ?? texts.failedOtherwise;
}
