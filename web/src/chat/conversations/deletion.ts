import { createStore } from '../../store';
import { deleteForGood, hideConversation, showConversation } from './actions';
import type { Conversation } from './list';

/** How long one can think better of it. */
export const UNDO_FOR = 7_000;

/** The conversation that was deleted last, as long as it can be brought back. */
export const deletedStore = createStore<Conversation | undefined>(undefined);

let timer: ReturnType<typeof setTimeout> | undefined;

/** Hides a conversation, and deletes it a little later. */
export function deleteConversation(conversation: Conversation): void {
  void commitDeletion();
  hideConversation(conversation.id);
  deletedStore.set(conversation);
  timer = setTimeout(commitDeletion, UNDO_FOR);
}

export function undoDeletion(): void {
  clearTimeout(timer);
  const conversation = deletedStore.get();
  deletedStore.set(undefined);
  if (conversation) showConversation(conversation);
}

/** Deletes what is waiting to be. */
export async function commitDeletion(): Promise<void> {
  clearTimeout(timer);
  const conversation = deletedStore.get();
  if (!conversation) return;
  deletedStore.set(undefined);
  await deleteForGood(conversation.id).catch(() => showConversation(conversation));
}

// Whoever closes the page has thought of it.
addEventListener('pagehide', commitDeletion);
