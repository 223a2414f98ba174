import { createStore } from '../../store';
import { keptHere, keyOf } from '../kept';
import * as begun from './begun';
import type { Entry } from './outbox';

/** The unsent messages of all tabs. Each has its own storage key, so that tabs do not overwrite each other's entries. */
export const outboxStore = createStore<readonly Entry[]>([]);

let owner = '';

/** Opens the entries of a user. */
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

/** See `startedChats.ts`. */
export const noteBegun = (name: string, conversation: string) => begun.noteBegun(owner, name, conversation);
export const begunAs = (name: string) => begun.begunAs(owner, name);

/** Whether an entry is still to be sent. Reads the storage, because another tab's event may not have arrived yet. */
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

// Another tab has changed the storage.
addEventListener('storage', ({ key }) => {
  if (owner && (key === null || key.startsWith(keyOf(owner, 'outbox')))) read();
});
