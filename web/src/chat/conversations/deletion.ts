import { refusalOf } from '../graphql/refusal';
import { open } from '../route';
import { texts } from '../texts';
import { dismiss, notify, notifyRefusal } from '../ui/notices';
import { deleteForGood, hideConversation, showConversation } from './actions';
import { forgetWish, keepWish, wishes } from './deletionWishes';
import type { Conversation } from './list';
import { rowOf } from './neighbour';

/** How long one can think better of it. */
const UNDO_FOR = 7_000;

/** The conversation that was deleted last, as long as it can be brought back. */
let deleted: Conversation | undefined;
/** Whether it was open. */
let reopen = false;
let notice: number | undefined;
let later: ReturnType<typeof setTimeout> | undefined;

/** Hides a conversation, and deletes it a little later. Whoever was in it is so again if it is brought back. */
export function deleteConversation(conversation: Conversation, wasOpen: boolean): void {
  void commitDeletion();
  hideConversation(conversation.id);
  deleted = conversation;
  reopen = wasOpen;
  notice = notify(texts.deleted(conversation.title), {
    action: { label: texts.undo, run: undoDeletion },
    // Other tabs go by what is kept.
    time: { lasts: UNDO_FOR, until: (due) => keepWish(conversation, due), over: () => void commitDeletion() },
  });
}

function undoDeletion(): void {
  const conversation = take();
  if (!conversation) return;
  forgetWish(conversation.id);
  showConversation(conversation);
  if (reopen) open(conversation.id);
  // The list puts its rows in place before it is drawn, and may take one round more.
  else requestAnimationFrame(() => requestAnimationFrame(() => rowOf(conversation.id)?.focus()));
}

/** Goes on with what was wished while the server was away, and a page that is gone could not bring about. */
export function resumeDeletions(): void {
  clearTimeout(later);
  for (const { conversation, due } of wishes()) {
    if (conversation.id === deleted?.id) continue;
    if (due > Date.now()) {
      // Until then it can be thought better of, in the tab that is at it if it is still there.
      later = setTimeout(resumeDeletions, due - Date.now() + 1);
    } else {
      hideConversation(conversation.id);
      void bringAbout(conversation);
    }
  }
}

/** Deletes what is waiting to be. */
export async function commitDeletion(): Promise<void> {
  const conversation = take();
  if (!conversation) return;
  keepWish(conversation, Date.now());
  await bringAbout(conversation);
}

async function bringAbout(conversation: Conversation): Promise<void> {
  try {
    await deleteForGood(conversation.id);
    forgetWish(conversation.id);
  } catch (error) {
    // Whoever has left is told nothing of it.
    if (refusalOf(error).code === 'UNAUTHENTICATED') return;
    forgetWish(conversation.id);
    showConversation(conversation);
    notifyRefusal(error);
  }
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
  dismiss(notice);
  const conversation = deleted;
  deleted = undefined;
  return conversation;
}

// The notice is a long way off for who deletes by keys. In a field they mean what they have written there.
addEventListener('keydown', (event) => {
  const field = event.target instanceof Element && event.target.closest('input, textarea, select, dialog');
  if (!(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey || event.key.toLowerCase() !== 'z') return;
  if (!deleted || field) return;
  event.preventDefault();
  undoDeletion();
});

// Whoever closes the page has thought of it.
addEventListener('pagehide', commitDeletion);
