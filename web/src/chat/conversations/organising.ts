import { toApiError } from '../graphql/apiError';
import { open, routeStore } from '../route';
import { texts } from '../texts';
import { dismiss, notify, notifyFailure } from '../ui/notices';
import { updateConversation } from './actions';
import { isPinned, type Conversation } from './list';
import { offerUndo, returnTo } from './undo';

/** Pins a conversation, or unpins it. */
export async function togglePin(conversation: Conversation): Promise<void> {
  try {
    await updateConversation({ id: conversation.id, pinned: !isPinned(conversation) });
  } catch (error) {
    if (toApiError(error).code === 'CONFLICT') notify(texts.tooManyPinned);
    else notifyFailure(error);
  }
}

/** Moves a conversation to the archive. Undoing this opens it again if it was open. */
export function archive({ id, title }: Conversation): void {
  const wasOpen = routeStore.get() === id;
  const archived = updateConversation({ id, archived: true });
  const notice = offerUndo(texts.archived(title), async () => {
    await archived.catch(() => undefined);
    void unarchive(id);
    returnTo(id, wasOpen);
  });
  archived.catch((error) => {
    dismiss(notice);
    notifyFailure(error);
  });
  if (wasOpen) open();
}

export async function unarchive(id: string): Promise<void> {
  try {
    await updateConversation({ id, archived: false });
  } catch (error) {
    notifyFailure(error);
  }
}
