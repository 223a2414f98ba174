import { createStore } from '../../store';
import { focusComposer } from '../composer/field';
import { execute } from '../graphql/client';
import { RegenerateReplyDocument } from '../graphql/generated';
import { modelsStore } from '../models/models';
import { randomKey } from '../outbox/outbox';
import { texts } from '../texts';
import { notifyFailure } from '../ui/notices';
import { showBranch } from './showBranch';

/** IDs of the replies that are being regenerated, until the server has accepted that. */
export const regeneratingStore = createStore<ReadonlySet<string>>(new Set());

/** Requests another reply to the same message, which takes the place of this one. Stops replies in progress. */
export async function regenerate(messageId: string, model?: string): Promise<void> {
  if (regeneratingStore.get().has(messageId)) return;
  regeneratingStore.set(new Set(regeneratingStore.get()).add(messageId));
  const hadFocus = document.activeElement?.closest('[data-message]') != null;
  try {
    const input = { messageId, model: model ?? onlyModel(), idempotencyKey: randomKey() };
    const { conversation, message, reply } = (await execute(RegenerateReplyDocument, { input })).regenerateReply;
    showBranch(conversation, message.id, [reply]);
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
