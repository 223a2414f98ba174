import { createStore } from '../../store';
import { ask } from '../graphql/client';
import { StopReplyDocument } from '../graphql/generated';
import { refusalOf } from '../graphql/refusal';
import { inProgress, withMessages } from '../messages/list';
import { pause } from '../pause';
import { change, stateStore } from '../state';

/** Replies that are to stop. */
export const stoppingStore = createStore<ReadonlySet<string>>(new Set());

/** Stops a reply, however often it takes: the wish outlasts a lost connection. */
export async function stopReply(conversationId: string, messageId: string): Promise<void> {
  if (stoppingStore.get().has(messageId)) return;
  stoppingStore.set(new Set(stoppingStore.get()).add(messageId));
  for (let attempt = 0; ; attempt++) {
    try {
      const { stopReply } = await ask(StopReplyDocument, { messageId });
      change((state) => {
        const list = state.messages[conversationId];
        if (!list) return state;
        return { ...state, messages: { ...state.messages, [conversationId]: withMessages(list, stopReply.message) } };
      });
      break;
    } catch (error) {
      if (!refusalOf(error).passing || ended(conversationId, messageId)) break;
      await pause(attempt);
    }
  }
  const rest = new Set(stoppingStore.get());
  rest.delete(messageId);
  stoppingStore.set(rest);
}

function ended(conversationId: string, messageId: string): boolean {
  const message = stateStore.get().messages[conversationId]?.items.find(({ id }) => id === messageId);
  return !message || !inProgress(message);
}
