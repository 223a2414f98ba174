import { createStore } from '../../store';
import { keptHere } from '../kept';
import type { Entry } from './outbox';

const PREFIX = 'confab:outbox:';
const BEGUN = 'confab:begun:';

/** What waits to be sent, in all tabs: each entry under a key of its own, so that tabs never overwrite each other's. */
export const outboxStore = createStore<readonly Entry[]>([]);

let owner = '';

/** Looks after one user's entries. */
export function openOutbox(userId: string): void {
  owner = userId;
  read();
}

export function keep(entry: Entry): void {
  keptHere.set(keyOf(entry), JSON.stringify(entry));
  read();
}

export function drop(entry: Entry): void {
  keptHere.remove(keyOf(entry));
  read();
}

/** Whether an entry is still to be sent, by what is stored now: another tab's doings may not have been told yet. */
export function waits(entry: Entry): boolean {
  const stored = keptHere.get(keyOf(entry));
  return stored !== undefined && !(JSON.parse(stored) as Entry).refused;
}

/** Remembers which conversation one of our own naming has become, for a page that is still at its old address. */
export function noteBegun(name: string, conversationId: string): void {
  keptHere.set(BEGUN + name, conversationId);
}

export function begunAs(name: string): string | undefined {
  return keptHere.get(BEGUN + name);
}

function keyOf({ key }: Entry): string {
  return `${PREFIX}${owner}:${key}`;
}

function read(): void {
  const entries: Entry[] = [];
  for (const key of keptHere.keys()) {
    if (!key.startsWith(`${PREFIX}${owner}:`)) continue;
    try {
      entries.push(JSON.parse(keptHere.get(key)!) as Entry);
    } catch {
      keptHere.remove(key);
    }
  }
  outboxStore.set(entries);
}

// Another tab has written.
addEventListener('storage', ({ key }) => {
  if (owner && (key === null || key.startsWith(PREFIX))) read();
});
