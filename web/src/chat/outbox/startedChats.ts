import { sharedStorage, userKey } from '../deviceStorage';

/** Maximum number of stored names. */
const MOST = 50;

interface StartedChat {
  readonly conversation: string;
  /** Time of its start, in milliseconds by this device's clock. */
  readonly at: number;
}

/** Stores the conversation ID of a temporary name, for pages that still have the old address. */
export function recordStarted(user: string, name: string, conversation: string): void {
  const others = sharedStorage.keys().filter((key) => key.startsWith(userKey(user, 'begun')));
  others.sort((a, b) => (read(b)?.at ?? 0) - (read(a)?.at ?? 0));
  for (const key of others.slice(MOST - 1)) sharedStorage.remove(key);
  sharedStorage.set(userKey(user, 'begun', name), JSON.stringify({ conversation, at: Date.now() } satisfies StartedChat));
}

export function startedAs(user: string, name: string): string | undefined {
  return read(userKey(user, 'begun', name))?.conversation;
}

function read(key: string): StartedChat | undefined {
  try {
    return (JSON.parse(sharedStorage.get(key) ?? 'null') as StartedChat | null) ?? undefined;
  } catch {
    return undefined;
  }
}
