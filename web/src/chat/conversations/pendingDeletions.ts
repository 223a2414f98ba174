import { sharedStorage, userKey } from '../deviceStorage';
import { sessionStore } from '../session/session';
import type { Conversation } from './list';

/** A conversation to be deleted once `due` has passed, in milliseconds by this device's clock. */
export interface PendingDeletion {
  readonly conversation: Conversation;
  readonly due: number;
}

/** Stores a deletion until the server has confirmed it. So it survives a closed page and a lost network. */
export function storeDeletion(conversation: Conversation, due: number): void {
  // Nothing is stored for a user who has signed out meanwhile.
  if (sessionStore.get().status !== 'signedIn') return;
  sharedStorage.set(prefix() + conversation.id, JSON.stringify({ conversation, due } satisfies PendingDeletion));
}

export function removeDeletion(conversationId: string): void {
  sharedStorage.remove(prefix() + conversationId);
}

export function pendingDeletions(): PendingDeletion[] {
  const keys = sharedStorage.keys().filter((key) => key.startsWith(prefix()));
  return keys.flatMap((key) => {
    try {
      return [JSON.parse(sharedStorage.get(key)!) as PendingDeletion];
    } catch {
      sharedStorage.remove(key);
      return [];
    }
  });
}

function prefix(): string {
  const session = sessionStore.get();
  return userKey(session.status === 'signedIn' ? session.user.id : '', 'deleting');
}
