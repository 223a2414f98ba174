import { isDefault, parseGeneration, type Generation } from '../conversations/generation';
import { tabFirstStorage, userKey } from '../deviceStorage';

/** Returns the draft of a conversation that is stored on this device; empty if there is none. */
export function draftOf(user: string, conversation: string): string {
  return tabFirstStorage.get(userKey(user, 'draft', conversation)) ?? '';
}

export function keepDraft(user: string, conversation: string, text: string): void {
  const key = userKey(user, 'draft', conversation);
  if (text) tabFirstStorage.set(key, text);
  else tabFirstStorage.remove(key);
}

/** Moves a draft from a chat's temporary name to its conversation ID. */
export function moveDraft(user: string, from: string, to: string): void {
  const text = draftOf(user, from);
  if (!text) return;
  keepDraft(user, to, text);
  keepDraft(user, from, '');
}

/** Storage name of the instructions for a chat that has not started. */
const NEW_CHAT_INSTRUCTIONS = 'new:instructions';

/** Returns the instructions for a chat that has not started; `undefined` if it has the default ones. */
export function newInstructions(user: string): string | undefined {
  return tabFirstStorage.get(userKey(user, 'draft', NEW_CHAT_INSTRUCTIONS));
}

export function keepNewInstructions(user: string, text: string | undefined): void {
  const key = userKey(user, 'draft', NEW_CHAT_INSTRUCTIONS);
  if (text === undefined) tabFirstStorage.remove(key);
  else tabFirstStorage.set(key, text);
}

/** Storage name of the generation parameters for a chat that has not started. */
const NEW_CHAT_GENERATION = 'new:generation';

/** Returns the generation parameters for a chat that has not started. */
export function newGeneration(user: string): Generation {
  return parseGeneration(draftOf(user, NEW_CHAT_GENERATION));
}

export function keepNewGeneration(user: string, generation: Generation): void {
  keepDraft(user, NEW_CHAT_GENERATION, isDefault(generation) ? '' : JSON.stringify(generation));
}

/** Returns the storage name of a conversation's unsaved instructions. */
export function unsavedInstructions(conversation: string): string {
  return `${conversation}:half-written`;
}
