const PREFIX = 'confab:draft:';

/** What somebody has begun to write in a conversation, kept on this device. */
export function draftOf(user: string, conversation: string): string {
  return localStorage.getItem(`${PREFIX}${user}:${conversation}`) ?? '';
}

export function keepDraft(user: string, conversation: string, text: string): void {
  const key = `${PREFIX}${user}:${conversation}`;
  if (text) localStorage.setItem(key, text);
  else localStorage.removeItem(key);
}

/** When the user signs out, nothing of theirs stays on the device. */
export function forgetUser(user: string): void {
  for (const key of Object.keys(localStorage)) {
    if (key.startsWith(`${PREFIX}${user}:`) || key.startsWith(`confab:outbox:${user}:`) || key.startsWith('confab:begun:')) {
      localStorage.removeItem(key);
    }
  }
}
