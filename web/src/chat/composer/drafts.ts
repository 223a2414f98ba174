import { keptHere } from '../kept';

const PREFIX = 'confab:draft:';

/** What somebody has begun to write in a conversation, kept on this device. */
export function draftOf(user: string, conversation: string): string {
  return keptHere.get(`${PREFIX}${user}:${conversation}`) ?? '';
}

export function keepDraft(user: string, conversation: string, text: string): void {
  const key = `${PREFIX}${user}:${conversation}`;
  if (text) keptHere.set(key, text);
  else keptHere.remove(key);
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

/** When the user signs out, nothing of theirs stays on the device. */
export function forgetUser(user: string): void {
  for (const key of keptHere.keys()) {
    if (key.startsWith(`${PREFIX}${user}:`) || key.startsWith(`confab:outbox:${user}:`) || key.startsWith(`confab:deleting:${user}:`) || key.startsWith('confab:begun:')) {
      keptHere.remove(key);
    }
  }
}
