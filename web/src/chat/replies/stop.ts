import { createStore } from '../../store';
import { execute } from '../graphql/client';
import { StopReplyDocument } from '../graphql/generated';
import { toApiError } from '../graphql/apiError';
import { inProgress, withUpdates } from '../messages/list';
import { pause } from '../pause';
import { change, stateStore } from '../state';
import { texts } from '../texts';
import { notifyFailure } from '../ui/notices';

/** IDs of the replies that are being stopped. */
export const stoppingStore = createStore<ReadonlySet<string>>(new Set());

/** Stops a reply, with as many retries as needed. Continues after a lost connection or a change of conversation. */
export async function stopReply(conversationId: string, messageId: string): Promise<void> {
  if (stoppingStore.get().has(messageId)) return;
  stoppingStore.set(new Set(stoppingStore.get()).add(messageId));
  try {
    await untilStopped(conversationId, messageId);
  } catch (error) {
    // A reply that no longer exists needs no stopping.
    if (toApiError(error).code !== 'NOT_FOUND') notifyFailure(error, texts.notStopped);
  } finally {
    const rest = new Set(stoppingStore.get());
    rest.delete(messageId);
    stoppingStore.set(rest);
  }
}

async function untilStopped(conversationId: string, messageId: string): Promise<void> {
  for (let attempt = 0; !hasEnded(conversationId, messageId); attempt++) {
    try {
      const { stopReply } = await execute(StopReplyDocument, { messageId });
      change((state) => {
        const list = state.messages[conversationId];
        if (!list) return state;
        return { ...state, messages: { ...state.messages, [conversationId]: withUpdates(list, stopReply.message) } };
      });
      return;
    } catch (error) {
      if (!toApiError(error).retryable) throw error;
      await pause(attempt);
    }
  }
}

/** Returns true if the reply is known to have ended. The messages of another conversation may not be loaded. */
function hasEnded(conversationId: string, messageId: string): boolean {
  const message = stateStore.get().messages[conversationId]?.items.find(({ id }) => id === messageId);
  return message !== undefined && !inProgress(message);
}
