import { keptHere, keyOf } from '../kept';
import { sessionStore } from '../session/session';
import type { Conversation } from './list';

/** A conversation that is to be deleted, and from when on, in milliseconds by this device's clock. */
export interface Wish {
  readonly conversation: Conversation;
  readonly due: number;
}

/** Kept on the device until the server has heard of it: a page that is closed too early, or without a network, forgets nothing. */
export function keepWish(conversation: Conversation, due: number): void {
  // Whoever has left meanwhile wishes for nothing.
  if (sessionStore.get().status !== 'signedIn') return;
  keptHere.set(prefix() + conversation.id, JSON.stringify({ conversation, due } satisfies Wish));
}

export function forgetWish(conversationId: string): void {
  keptHere.remove(prefix() + conversationId);
}

export function wishes(): Wish[] {
  const keys = keptHere.keys().filter((key) => key.startsWith(prefix()));
  return keys.flatMap((key) => {
    try {
      return [JSON.parse(keptHere.get(key)!) as Wish];
    } catch {
      keptHere.remove(key);
      return [];
    }
  });
}

function prefix(): string {
  const session = sessionStore.get();
  return keyOf(session.status === 'signedIn' ? session.user.id : '', 'deleting');
}
