import { keptHere, keyOf } from '../kept';

/** Maximum number of stored names. */
const MOST = 50;

interface Begun {
  readonly conversation: string;
  /** When it started, in milliseconds by this device's clock. */
  readonly at: number;
}

/** Stores the conversation ID of a temporary name, for pages that still have the old address. */
export function noteBegun(user: string, name: string, conversation: string): void {
  const others = keptHere.keys().filter((key) => key.startsWith(keyOf(user, 'begun')));
  others.sort((a, b) => (read(b)?.at ?? 0) - (read(a)?.at ?? 0));
  for (const key of others.slice(MOST - 1)) keptHere.remove(key);
  keptHere.set(keyOf(user, 'begun', name), JSON.stringify({ conversation, at: Date.now() } satisfies Begun));
}

export function begunAs(user: string, name: string): string | undefined {
  return read(keyOf(user, 'begun', name))?.conversation;
}

function read(key: string): Begun | undefined {
  try {
    return (JSON.parse(keptHere.get(key) ?? 'null') as Begun | null) ?? undefined;
  } catch {
    return undefined;
  }
}
