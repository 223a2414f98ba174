import { createStore } from '../../store';
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
  localStorage.setItem(keyOf(entry), JSON.stringify(entry));
  read();
}

export function drop(entry: Entry): void {
  localStorage.removeItem(keyOf(entry));
  read();
}

/** Whether an entry is still to be sent, by what is stored now: another tab's doings may not have been told yet. */
export function waits(entry: Entry): boolean {
  const stored = localStorage.getItem(keyOf(entry));
  return stored !== null && !(JSON.parse(stored) as Entry).refused;
}

/** Remembers which conversation one of our own naming has become, for a page that is still at its old address. */
export function noteBegun(name: string, conversationId: string): void {
  localStorage.setItem(BEGUN + name, conversationId);
}

export function begunAs(name: string): string | undefined {
  return localStorage.getItem(BEGUN + name) ?? undefined;
}

function keyOf({ key }: Entry): string {
  return `${PREFIX}${owner}:${key}`;
}

function read(): void {
  const entries: Entry[] = [];
  for (let index = 0; index < localStorage.length; index++) {
    const key = localStorage.key(index)!;
    if (!key.startsWith(`${PREFIX}${owner}:`)) continue;
    try {
      entries.push(JSON.parse(localStorage.getItem(key)!) as Entry);
    } catch {
      localStorage.removeItem(key);
    }
  }
  outboxStore.set(entries);
}

// Another tab has written.
addEventListener('storage', ({ key }) => {
  if (owner && (key === null || key.startsWith(PREFIX))) read();
});
