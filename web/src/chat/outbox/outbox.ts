import type { SendMessageInput } from '../graphql/generated';

/** A message that is to be sent: kept on this device until the server has it. */
export interface Entry {
  /** Its idempotency key: however often it is sent, it is stored once. */
  readonly key: string;
  /** A conversation's id, or a name of our own for one that begins with this message (see `isNew`). */
  readonly conversation: string;
  readonly content: string;
  readonly model?: string;
  /** What the model is told before it, in a conversation that begins with this message. */
  readonly systemPrompt?: string;
  /** When it was written, in milliseconds by this device's clock. */
  readonly at: number;
  /** The server has asked for a little time, as there were so many. */
  readonly held?: boolean;
  /** Why the server will not take it. It waits for the user then. */
  readonly refused?: { readonly code: string; readonly message: string };
}

const NEW = 'new_';

/** A name for a conversation that the server has not heard of. */
export function newConversation(): string {
  return NEW + randomKey();
}

export function isNew(conversation: string): boolean {
  return conversation.startsWith(NEW);
}

/** Not `crypto.randomUUID`, which is not there over plain HTTP. */
export function randomKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** The entries of a conversation, in the order in which they were written. */
export function entriesOf(entries: readonly Entry[], conversation: string): Entry[] {
  return entries.filter((entry) => entry.conversation === conversation).sort(byTime);
}

/**
 * What to send next: of each conversation the first entry only, so that they arrive in order. One that was refused does not
 * hold up those after it.
 */
export function nextToSend(entries: readonly Entry[], busy: ReadonlySet<string>): Entry[] {
  const next = new Map<string, Entry>();
  for (const entry of [...entries].sort(byTime)) {
    const { conversation } = entry;
    if (busy.has(conversation) || next.has(conversation)) continue;
    if (!entry.refused) next.set(conversation, entry);
  }
  return [...next.values()];
}

/** Always the same for an entry, or the server would take it for another message under the same key. */
export function inputOf({ key, conversation, content, model, systemPrompt }: Entry): SendMessageInput {
  const begins = isNew(conversation);
  return {
    conversationId: begins ? null : conversation,
    systemPrompt: (begins && systemPrompt) || null,
    content,
    model: model ?? null,
    idempotencyKey: key,
  };
}

function byTime(a: Entry, b: Entry): number {
  return a.at - b.at || (a.key < b.key ? -1 : 1);
}
