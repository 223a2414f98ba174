import { createStore } from '../../store';
import { focusComposer } from '../composer/field';
import { withConversation } from '../conversations/list';
import { execute } from '../graphql/client';
import { RegenerateReplyDocument, type RegenerateReplyMutation } from '../graphql/generated';
import { noteSwitch } from '../messages/actions';
import { withBranch, withMessages } from '../messages/list';
import { modelsStore } from '../models/models';
import { randomKey } from '../outbox/outbox';
import { change } from '../state';
import { texts } from '../texts';
import { notifyFailure } from '../ui/notices';

/** IDs of the replies that are being regenerated, until the server has accepted that. */
export const regeneratingStore = createStore<ReadonlySet<string>>(new Set());

/** Requests another reply to the same message, which takes the place of this one. Stops replies in progress. */
export async function regenerate(messageId: string, model?: string): Promise<void> {
  if (regeneratingStore.get().has(messageId)) return;
  regeneratingStore.set(new Set(regeneratingStore.get()).add(messageId));
  const hadFocus = document.activeElement?.closest('[data-message]') != null;
  try {
    const input = { messageId, model: model ?? onlyModel(), idempotencyKey: randomKey() };
    showNew((await execute(RegenerateReplyDocument, { input })).regenerateReply);
    // The pressed button disappears, or has disappeared already because the feed was faster.
    const { activeElement } = document;
    if (hadFocus && (activeElement === document.body || activeElement?.closest('[data-message]'))) focusComposer();
  } catch (error) {
    notifyFailure(error, texts.notRegenerated);
  } finally {
    const rest = new Set(regeneratingStore.get());
    rest.delete(messageId);
    regeneratingStore.set(rest);
  }
}

/** Returns the model if there is only one: the earlier reply's may no longer be available. */
function onlyModel(): string | undefined {
  const models = modelsStore.get();
  return models.length === 1 ? models[0]!.id : undefined;
}

function showNew({ conversation, message, reply }: RegenerateReplyMutation['regenerateReply']): void {
  noteSwitch(conversation.id);
  change((state) => {
    const list = state.messages[conversation.id];
    return {
      conversations: withConversation(state.conversations, conversation),
      messages: list
        ? { ...state.messages, [conversation.id]: withMessages(withBranch(list, message.id, reply.id), reply) }
        : state.messages,
    };
  });
}
