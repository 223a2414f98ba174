import { createStore } from '../../store';
import type { Message } from '../messages/list';
import { entriesOf, isNew, type Entry } from './outbox';
import { outboxStore } from './storage';

/**
 * Keys of entries that the feed has already reported as messages. The server has them, but its response is late or lost.
 * They are hidden until then, because the stored message is shown.
 */
export const echoesStore = createStore<ReadonlySet<string>>(new Set());

/** A message that the feed has reported, and when, by this device's clock. */
interface FeedMessage {
  readonly conversation: string;
  readonly content: string;
  readonly at: number;
}

/** Maximum number of reports that are kept. An entry from another tab may arrive after its message. */
const MOST = 20;

let feedMessages: readonly FeedMessage[] = [];

/**
 * Records a message that was not known before. The server does not send idempotency keys, so the message is matched by
 * its content. If another device has sent the same text at the same time, ours appears a moment later.
 */
export function recordEcho(conversation: string, { role, content }: Message): void {
  if (role !== 'USER') return;
  feedMessages = [...feedMessages, { conversation, content, at: Date.now() }].slice(-MOST);
  match();
}

/** Returns true if an entry is shown as unsent. */
export function isUnsent(entry: Entry, echoes: ReadonlySet<string>): boolean {
  return entry.refused !== undefined || !echoes.has(entry.key);
}

/** Returns the number of entries that are shown as unsent. Signing out discards these. */
export function countUnsent(): number {
  return outboxStore.get().filter((entry) => isUnsent(entry, echoesStore.get())).length;
}

function match(): void {
  for (const one of feedMessages) {
    const entry = entryOf(one);
    if (!entry) continue;
    feedMessages = feedMessages.filter((other) => other !== one);
    echoesStore.set(new Set(echoesStore.get()).add(entry.key));
  }
}

/** Returns the entry that has become the message. An entry written after the report does not match. */
function entryOf({ conversation, content, at }: FeedMessage): Entry | undefined {
  const entries = outboxStore.get();
  const isIt = (entry: Entry) =>
    entry.content === content && entry.at <= at && !entry.refused && !echoesStore.get().has(entry.key);
  return entriesOf(entries, conversation).find(isIt) ?? entries.find((entry) => isNew(entry.conversation) && isIt(entry));
}

outboxStore.subscribe(match);
