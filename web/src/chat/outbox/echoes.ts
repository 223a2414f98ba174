import { createStore } from '../../store';
import type { Message } from '../messages/list';
import { entriesOf, isNew, type Entry } from './outbox';
import { outboxStore } from './storage';

/**
 * The keys of entries that the feed has told of already: the server has them, and its answer is on its way still, or was
 * lost. Until it comes they are not shown beside what they have become.
 */
export const echoesStore = createStore<ReadonlySet<string>>(new Set());

/** What the feed has told of, and when by this device's clock. */
interface Heard {
  readonly conversation: string;
  readonly content: string;
  readonly at: number;
}

/** As many of these are kept: an entry of another tab may be heard of later than what it has become. */
const MOST = 20;

let heard: readonly Heard[] = [];

/**
 * A message was stored that we have not heard of before. The server does not tell its key, so it is known by its words;
 * should another device have said the same at the same time, ours is shown a moment later.
 */
export function noteEcho(conversation: string, { role, content }: Message): void {
  if (role !== 'USER') return;
  heard = [...heard, { conversation, content, at: Date.now() }].slice(-MOST);
  match();
}

/** Whether an entry is to be shown as one that the server has not got. */
export function isUnsent(entry: Entry, echoes: ReadonlySet<string>): boolean {
  return entry.refused !== undefined || !echoes.has(entry.key);
}

function match(): void {
  for (const one of heard) {
    const entry = entryOf(one);
    if (!entry) continue;
    heard = heard.filter((other) => other !== one);
    echoesStore.set(new Set(echoesStore.get()).add(entry.key));
  }
}

/** The entry that has become what was heard; nothing that was written after that. */
function entryOf({ conversation, content, at }: Heard): Entry | undefined {
  const entries = outboxStore.get();
  const isIt = (entry: Entry) =>
    entry.content === content && entry.at <= at && !entry.refused && !echoesStore.get().has(entry.key);
  return entriesOf(entries, conversation).find(isIt) ?? entries.find((entry) => isNew(entry.conversation) && isIt(entry));
}

outboxStore.subscribe(match);
