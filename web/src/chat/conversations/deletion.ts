import { toApiError } from '../graphql/apiError';
import { open, routeStore } from '../route';
import { texts } from '../texts';
import { dismiss, notifyFailure } from '../ui/notices';
import { deleteForGood, hideConversation, showConversation } from './actions';
import { removeDeletion, storeDeletion, pendingDeletions } from './pendingDeletions';
import type { Conversation } from './list';
import { offerUndo, returnTo } from './undo';

/** The conversation that was deleted last, while this can be undone. */
let deleted: Conversation | undefined;
/** True if it was open when it was deleted. */
let reopen = false;
let notice: number | undefined;
let resumeTimer: ReturnType<typeof setTimeout> | undefined;

/** Hides a conversation, and deletes it after a while. Undoing this opens it again if it was open. */
export function deleteConversation(conversation: Conversation): void {
  void commitDeletion();
  hideConversation(conversation.id);
  deleted = conversation;
  reopen = routeStore.get() === conversation.id;
  notice = offerUndo(texts.deleted(conversation.title), undoDeletion, {
    // Other tabs read the deadline from the storage.
    onDeadline: (due) => storeDeletion(conversation, due),
    onExpire: () => void commitDeletion(),
  });
  if (reopen) open();
}

function undoDeletion(): void {
  const conversation = takePending();
  if (!conversation) return;
  removeDeletion(conversation.id);
  showConversation(conversation);
  returnTo(conversation.id, reopen);
}

/** Resumes deletions that an earlier page could not finish, for example without a network. */
export function resumeDeletions(): void {
  clearTimeout(resumeTimer);
  for (const { conversation, due } of pendingDeletions()) {
    if (conversation.id === deleted?.id) continue;
    if (due > Date.now()) {
      // Until then, the tab that started the deletion can undo it.
      resumeTimer = setTimeout(resumeDeletions, due - Date.now() + 1);
    } else {
      hideConversation(conversation.id);
      void deleteOnServer(conversation);
    }
  }
}

/** Deletes the pending conversation now. */
export async function commitDeletion(): Promise<void> {
  const conversation = takePending();
  if (!conversation) return;
  storeDeletion(conversation, Date.now());
  await deleteOnServer(conversation);
}

async function deleteOnServer(conversation: Conversation): Promise<void> {
  try {
    await deleteForGood(conversation.id);
    removeDeletion(conversation.id);
  } catch (error) {
    // The user has signed out, so there is nothing to report.
    if (toApiError(error).code === 'UNAUTHENTICATED') return;
    removeDeletion(conversation.id);
    showConversation(conversation);
    notifyFailure(error);
  }
}

/** Ends the time to undo when another tab or device has deleted the conversation. */
export function deletedElsewhere(id: string): void {
  if (deleted?.id === id) takePending();
}

/** Deletes the pending conversation before a sign-out. Waits at most two seconds, because the network may be down. */
export async function settleDeletion(): Promise<void> {
  await Promise.race([commitDeletion(), new Promise((resolve) => setTimeout(resolve, 2_000))]);
}

/** Returns the pending conversation, which is then no longer pending. */
function takePending(): Conversation | undefined {
  dismiss(notice);
  const conversation = deleted;
  deleted = undefined;
  return conversation;
}

// Closing the page ends the time to undo.
addEventListener('pagehide', commitDeletion);
