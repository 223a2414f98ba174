import { createStore } from '../../store';
import { keptHere, keyOf } from '../kept';
import * as begun from './begun';
import type { Entry } from './outbox';

/** What waits to be sent, in all tabs: each entry under a key of its own, so that tabs never overwrite each other's. */
export const outboxStore = createStore<readonly Entry[]>([]);

let owner = '';

/** Looks after one user's entries. */
export function openOutbox(userId: string): void {
  owner = userId;
  read();
}

export function keep(entry: Entry): void {
  keptHere.set(keyFor(entry), JSON.stringify(entry));
  read();
}

export function drop(entry: Entry): void {
  keptHere.remove(keyFor(entry));
  read();
}

/** See `begun.ts`. */
export const noteBegun = (name: string, conversation: string) => begun.noteBegun(owner, name, conversation);
export const begunAs = (name: string) => begun.begunAs(owner, name);

/** Whether an entry is still to be sent, by what is stored now: another tab's doings may not have been told yet. */
export function waits(entry: Entry): boolean {
  const stored = keptHere.get(keyFor(entry));
  return stored !== undefined && !(JSON.parse(stored) as Entry).refused;
}

function keyFor({ key }: Entry): string {
  return keyOf(owner, 'outbox', key);
}

function read(): void {
  const entries: Entry[] = [];
  for (const key of keptHere.keys()) {
    if (!key.startsWith(keyOf(owner, 'outbox'))) continue;
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
  if (owner && (key === null || key.startsWith(keyOf(owner, 'outbox')))) read();
});
