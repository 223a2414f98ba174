import { createStore } from '../../store';
import { sharedStorage, userKey } from '../deviceStorage';
import * as started from './startedChats';
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
  sharedStorage.set(keyFor(entry), JSON.stringify(entry));
  read();
}

export function drop(entry: Entry): void {
  sharedStorage.remove(keyFor(entry));
  read();
}

/** See `startedChats.ts`. */
export const recordStarted = (name: string, conversation: string) => started.recordStarted(owner, name, conversation);
export const startedAs = (name: string) => started.startedAs(owner, name);

/** Returns true if an entry is still to be sent. Reads the storage, as another tab's event may not have arrived yet. */
export function isWaiting(entry: Entry): boolean {
  const stored = sharedStorage.get(keyFor(entry));
  return stored !== undefined && !(JSON.parse(stored) as Entry).refused;
}

function keyFor({ key }: Entry): string {
  return userKey(owner, 'outbox', key);
}

function read(): void {
  const entries: Entry[] = [];
  for (const key of sharedStorage.keys()) {
    if (!key.startsWith(userKey(owner, 'outbox'))) continue;
    try {
      entries.push(JSON.parse(sharedStorage.get(key)!) as Entry);
    } catch {
      sharedStorage.remove(key);
    }
  }
  outboxStore.set(entries);
}

// Another tab has changed the storage.
addEventListener('storage', ({ key }) => {
  if (owner && (key === null || key.startsWith(userKey(owner, 'outbox')))) read();
});
