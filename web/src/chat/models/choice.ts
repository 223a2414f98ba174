import { createStore } from '../../store';
import { updateConversation } from '../conversations/actions';
import { conversationOf } from '../conversations/list';
import { keptByTab, keyOf } from '../kept';
import { isNew } from '../outbox/outbox';
import { stateStore } from '../state';
import { notifyRefusal } from '../ui/notices';
import { offered } from './models';

/**
 * The models that were chosen, by conversation, and the server has not heard of yet; empty for the default one. Of those
 * that are yet to begin they are kept on the device as well, as what is written there is.
 */
export const choicesStore = createStore<ReadonlyMap<string, string>>(new Map());

/** Under this name is what is chosen for the conversation that is yet to begin. */
export const NEW = 'new';

/** What was chosen, if the server has not heard of it yet. */
export function choiceIn(user: string, conversation: string): string | undefined {
  const kept = isYetToBegin(conversation) ? keptByTab.get(keyOf(user, 'model', conversation)) : undefined;
  return choicesStore.get().get(conversation) ?? kept;
}

/** The model that is shown in a conversation that has begun: it is to reply, should the server think of another still. */
export function shownIn(id: string): string | undefined {
  const conversation = conversationOf(stateStore.get().conversations, id);
  const model = choicesStore.get().get(id) ?? (conversation && (conversation.model ?? ''));
  return model === undefined ? undefined : offered(model);
}

/** Shown at once, and told to the server as soon as there is a conversation to tell of. */
export function choose(user: string, conversation: string, model: string): void {
  put(conversation, model);
  if (isYetToBegin(conversation)) keptByTab.set(keyOf(user, 'model', conversation), model);
  else void tell(conversation);
}

/** A conversation has another name now: what was chosen goes along, and is not for the next that begins. */
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

/** Tells the server, one choice after the other, so that the last is what it has in the end. */
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
