import { keptByTab, keyOf } from '../kept';

/** What somebody has begun to write in a conversation, kept on this device. */
export function draftOf(user: string, conversation: string): string {
  return keptByTab.get(keyOf(user, 'draft', conversation)) ?? '';
}

export function keepDraft(user: string, conversation: string, text: string): void {
  const key = keyOf(user, 'draft', conversation);
  if (text) keptByTab.set(key, text);
  else keptByTab.remove(key);
}

/** A conversation of our own naming has become one of the server's. */
export function moveDraft(user: string, from: string, to: string): void {
  const text = draftOf(user, from);
  if (!text) return;
  keepDraft(user, to, text);
  keepDraft(user, from, '');
}

/** Under this name are the instructions for the conversation that is yet to begin. */
export const NEW_INSTRUCTIONS = 'new:instructions';

/** Under this name are the instructions of a conversation that are being written, and not saved yet. */
export function halfWritten(conversation: string): string {
  return `${conversation}:half-written`;
}
