import { createStore } from '../../store';
import type { Message } from '../messages/list';
import { entriesOf, isNew, type Entry } from './outbox';
import { outboxStore } from './storage';

/**
 * The keys of entries that the feed has told of already: the server has them, and its answer is on its way still, or was
 * lost. Until it comes they are not shown beside what they have become.
 */
export const echoesStore = createStore<ReadonlySet<string>>(new Set());

/**
 * A message was stored that we have not heard of before. The server does not tell its key, so it is known by its words;
 * should another device have said the same at the same time, ours is shown a moment later.
 */
export function noteEcho(conversationId: string, { role, content }: Message): void {
  if (role !== 'USER') return;
  const echoes = echoesStore.get();
  const isOurs = (entry: Entry) => !entry.refused && entry.content === content && !echoes.has(entry.key);
  const entries = outboxStore.get();
  const entry =
    entriesOf(entries, conversationId).find(isOurs) ?? entries.filter(({ conversation }) => isNew(conversation)).find(isOurs);
  if (entry) echoesStore.set(new Set(echoes).add(entry.key));
}

/** Whether an entry is to be shown as one that the server has not got. */
export function isUnsent(entry: Entry, echoes: ReadonlySet<string>): boolean {
  return entry.refused !== undefined || !echoes.has(entry.key);
}
