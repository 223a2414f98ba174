import { keptHere, keyOf } from '../kept';
import { sessionStore } from '../session/session';
import type { Conversation } from './list';

/** A conversation to be deleted once `due` has passed, in milliseconds by this device's clock. */
export interface Wish {
  readonly conversation: Conversation;
  readonly due: number;
}

/** Stores a deletion until the server has confirmed it. So it survives a closed page and a lost network. */
export function keepWish(conversation: Conversation, due: number): void {
  // Nothing is stored for a user who has signed out meanwhile.
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
