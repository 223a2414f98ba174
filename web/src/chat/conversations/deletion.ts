import { toApiError } from '../graphql/apiError';
import { open } from '../route';
import { texts } from '../texts';
import { dismiss, notify, notifyFailure } from '../ui/notices';
import { deleteForGood, hideConversation, showConversation } from './actions';
import { removeDeletion, storeDeletion, pendingDeletions } from './pendingDeletions';
import type { Conversation } from './list';
import { rowOf } from './neighbour';

/** Time to undo a deletion, in milliseconds. */
const UNDO_TIME = 7_000;

/** The conversation that was deleted last, while this can be undone. */
let deleted: Conversation | undefined;
/** True if it was open when it was deleted. */
let reopen = false;
let notice: number | undefined;
let resumeTimer: ReturnType<typeof setTimeout> | undefined;

/** Hides a conversation, and deletes it after a while. Undoing this opens it again if it was open. */
export function deleteConversation(conversation: Conversation, wasOpen: boolean): void {
  void commitDeletion();
  hideConversation(conversation.id);
  deleted = conversation;
  reopen = wasOpen;
  notice = notify(texts.deleted(conversation.title), {
    action: { label: texts.undo, run: undoDeletion },
    // Other tabs read the deadline from the storage.
    lifetime: { duration: UNDO_TIME, onDeadline: (due) => storeDeletion(conversation, due), onExpire: () => void commitDeletion() },
  });
}

function undoDeletion(): void {
  const conversation = takePending();
  if (!conversation) return;
  removeDeletion(conversation.id);
  showConversation(conversation);
  if (reopen) open(conversation.id);
  // The list needs one or two frames to render its rows.
  else requestAnimationFrame(() => requestAnimationFrame(() => rowOf(conversation.id)?.focus()));
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

// A shortcut, because the notice is hard to reach by keyboard. In a field, the same keys undo typing.
addEventListener('keydown', (event) => {
  const field = event.target instanceof Element && event.target.closest('input, textarea, select, dialog');
  if (!(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey || event.key.toLowerCase() !== 'z') return;
  if (!deleted || field) return;
  event.preventDefault();
  undoDeletion();
});

// Closing the page ends the time to undo.
addEventListener('pagehide', commitDeletion);
