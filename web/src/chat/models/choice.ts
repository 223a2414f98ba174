import { createStore } from '../../store';
import { updateConversation } from '../conversations/actions';
import { conversationOf } from '../conversations/list';
import { tabFirstStorage, userKey } from '../deviceStorage';
import { isNew } from '../outbox/outbox';
import { stateStore } from '../state';
import { notifyFailure } from '../ui/notices';
import { availableModel } from './models';

/**
 * Chosen models that are not saved on the server, by conversation; empty for the default model. The choice for a chat that
 * has not started is also stored on the device, like its draft.
 */
export const choicesStore = createStore<ReadonlyMap<string, string>>(new Map());

/** Name of the chat that has not started. */
export const NEW_CHAT = 'new';

/** Returns the chosen model, unless it is saved on the server. */
export function unsavedChoice(user: string, conversation: string): string | undefined {
  const kept = isUnstarted(conversation) ? tabFirstStorage.get(userKey(user, 'model', conversation)) : undefined;
  return choicesStore.get().get(conversation) ?? kept;
}

/** Returns the model that is shown in a conversation. It writes the next reply even if it is not saved on the server yet. */
export function displayedModel(id: string): string | undefined {
  const conversation = conversationOf(stateStore.get().conversations, id);
  const model = choicesStore.get().get(id) ?? (conversation && (conversation.model ?? ''));
  return model === undefined ? undefined : availableModel(model);
}

/** Chooses a model. The choice is shown at once, and saved on the server once the conversation exists there. */
export function choose(user: string, conversation: string, model: string): void {
  put(conversation, model);
  if (isUnstarted(conversation)) tabFirstStorage.set(userKey(user, 'model', conversation), model);
  else void save(conversation);
}

/** Moves a choice from a temporary name to the conversation ID, so that it does not apply to the next new chat. */
export function moveChoice(user: string, from: string, to: string): void {
  const model = unsavedChoice(user, from);
  if (model === undefined) return;
  put(from, undefined);
  tabFirstStorage.remove(userKey(user, 'model', from));
  const begunWith = conversationOf(stateStore.get().conversations, to);
  if (!begunWith || (begunWith.model ?? '') !== model) choose(user, to, model);
}

export function forgetChoices(): void {
  choicesStore.set(new Map());
}

const saving = new Set<string>();

/** Saves choices on the server one after the other, so that the last one wins. */
async function save(id: string): Promise<void> {
  if (saving.has(id)) return;
  saving.add(id);
  try {
    for (let model; (model = choicesStore.get().get(id)) !== undefined; ) {
      await updateConversation({ id, model: model || null });
      if (choicesStore.get().get(id) === model) put(id, undefined);
    }
  } catch (error) {
    put(id, undefined);
    notifyFailure(error);
  } finally {
    saving.delete(id);
  }
}

function isUnstarted(conversation: string): boolean {
  return conversation === NEW_CHAT || isNew(conversation);
}

function put(conversation: string, model: string | undefined): void {
  const choices = new Map(choicesStore.get());
  if (model === undefined) choices.delete(conversation);
  else choices.set(conversation, model);
  choicesStore.set(choices);
}
