import { refusalOf } from '../graphql/refusal';
import { texts } from '../texts';
import { dismiss, notify, notifyRefusal } from '../ui/notices';
import { deleteForGood, hideConversation, showConversation } from './actions';
import type { Conversation } from './list';

/** How long one can think better of it. */
const UNDO_FOR = 7_000;

/** The conversation that was deleted last, as long as it can be brought back. */
let deleted: Conversation | undefined;
let timer: ReturnType<typeof setTimeout> | undefined;
let notice: number | undefined;

/** Hides a conversation, and deletes it a little later. */
export function deleteConversation(conversation: Conversation): void {
  void commitDeletion();
  hideConversation(conversation.id);
  deleted = conversation;
  timer = setTimeout(commitDeletion, UNDO_FOR);
  notice = notify(texts.deleted(conversation.title), { action: { label: texts.undo, run: undoDeletion } });
}

function undoDeletion(): void {
  const conversation = take();
  if (conversation) showConversation(conversation);
}

/** Deletes what is waiting to be. */
export async function commitDeletion(): Promise<void> {
  const conversation = take();
  if (!conversation) return;
  await deleteForGood(conversation.id).catch((error) => {
    // Whoever has left is told nothing of it.
    if (refusalOf(error).code === 'UNAUTHENTICATED') return;
    showConversation(conversation);
    notifyRefusal(error);
  });
}

/** Another tab or device was quicker: there is nothing to bring back any more. */
export function deletedElsewhere(id: string): void {
  if (deleted?.id === id) take();
}

/** The same for those who leave: without a network it is not waited for. */
export async function settleDeletion(): Promise<void> {
  await Promise.race([commitDeletion(), new Promise((resolve) => setTimeout(resolve, 2_000))]);
}

/** The one that is waiting to be deleted; it waits no more. */
function take(): Conversation | undefined {
  clearTimeout(timer);
  dismiss(notice);
  const conversation = deleted;
  deleted = undefined;
  return conversation;
}

// Whoever closes the page has thought of it.
addEventListener('pagehide', commitDeletion);
