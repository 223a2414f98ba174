import { createStore } from '../../store';
import { updateConversation } from '../conversations/actions';
import { conversationOf } from '../conversations/list';
import { keptByTab, keyOf } from '../kept';
import { isNew } from '../outbox/outbox';
import { stateStore } from '../state';
import { notifyRefusal } from '../ui/notices';
import { offered } from './models';

/**
 * Chosen models that are not saved on the server, by conversation; empty for the default model. The choice for a chat that
 * has not started is also stored on the device, like its draft.
 */
export const choicesStore = createStore<ReadonlyMap<string, string>>(new Map());

/** Name of the chat that has not started. */
export const NEW = 'new';

/** Returns the chosen model, unless it is saved on the server. */
export function choiceIn(user: string, conversation: string): string | undefined {
  const kept = isYetToBegin(conversation) ? keptByTab.get(keyOf(user, 'model', conversation)) : undefined;
  return choicesStore.get().get(conversation) ?? kept;
}

/** Returns the model that is shown in a conversation. It writes the next reply even if it is not saved on the server yet. */
export function shownIn(id: string): string | undefined {
  const conversation = conversationOf(stateStore.get().conversations, id);
  const model = choicesStore.get().get(id) ?? (conversation && (conversation.model ?? ''));
  return model === undefined ? undefined : offered(model);
}

/** Chooses a model. The choice is shown at once, and saved on the server once the conversation exists there. */
export function choose(user: string, conversation: string, model: string): void {
  put(conversation, model);
  if (isYetToBegin(conversation)) keptByTab.set(keyOf(user, 'model', conversation), model);
  else void tell(conversation);
}

/** Moves a choice from a temporary name to the conversation ID, so that it does not apply to the next new chat. */
export function moveChoice(user: string, from: string, to: string): void {
  const model = choiceIn(user, from);
  if (model === undefined) return;
  put(from, undefined);
  keptByTab.remove(keyOf(user, 'model', from));
  const begunWith = conversationOf(stateStore.get().conversations, to);
  if (!begunWith || (begunWith.model ?? '') !== model) choose(user, to, model);
}

export function forgetChoices(): void {
  choicesStore.set(new Map());
}

const telling = new Set<string>();

/** Saves choices on the server one after the other, so that the last one wins. */
async function tell(id: string): Promise<void> {
  if (telling.has(id)) return;
  telling.add(id);
  try {
    for (let told; (told = choicesStore.get().get(id)) !== undefined; ) {
      await updateConversation({ id, model: told || null });
      if (choicesStore.get().get(id) === told) put(id, undefined);
    }
  } catch (error) {
    put(id, undefined);
    notifyRefusal(error);
  } finally {
    telling.delete(id);
  }
}

function isYetToBegin(conversation: string): boolean {
  return conversation === NEW || isNew(conversation);
}

function put(conversation: string, model: string | undefined): void {
  const choices = new Map(choicesStore.get());
  if (model === undefined) choices.delete(conversation);
  else choices.set(conversation, model);
  choicesStore.set(choices);
}
