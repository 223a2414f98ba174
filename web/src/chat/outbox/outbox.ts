import type { GenerationInput, SendMessageInput } from '../graphql/generated';

/** A message to be sent. It is stored on this device until the server has it. */
export interface Entry {
  /** Idempotency key. The message is stored once, however often it is sent. */
  readonly key: string;
  /** A conversation ID, or a temporary name for a conversation that starts with this message (see `isNew`). */
  readonly conversation: string;
  readonly content: string;
  readonly model?: string;
  /** Instructions for a conversation that starts with this message. */
  readonly systemPrompt?: string;
  /** Generation parameters for a conversation that starts with this message. */
  readonly generation?: GenerationInput;
  /** Time of writing, in milliseconds by this device's clock. */
  readonly at: number;
  /** True if the server's rate limit delays it. */
  readonly held?: boolean;
  /** The server's error, if it refused the message. The entry then waits for the user. */
  readonly refused?: { readonly code: string; readonly message: string };
}

const NEW = 'new_';

/** Returns a temporary name for a conversation that the server does not have yet. */
export function newConversation(): string {
  return NEW + randomKey();
}

export function isNew(conversation: string): boolean {
  return conversation.startsWith(NEW);
}

/** Returns a random key. `crypto.randomUUID` does not exist over plain HTTP. */
export function randomKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Returns the entries of a conversation, oldest first. */
export function entriesOf(entries: readonly Entry[], conversation: string): Entry[] {
  return entries.filter((entry) => entry.conversation === conversation).sort(byTime);
}

/**
 * Returns the entries to send next: only the first of each conversation, so that they arrive in order. A refused entry
 * does not block the entries after it.
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

/** Returns the input of an entry. It never changes: the server would refuse another input under the same key. */
export function inputOf({ key, conversation, content, model, systemPrompt, generation }: Entry): SendMessageInput {
  const begins = isNew(conversation);
  return {
    conversationId: begins ? null : conversation,
    systemPrompt: (begins && systemPrompt) || null,
    generation: (begins && generation) || null,
    content,
    model: model ?? null,
    idempotencyKey: key,
  };
}

function byTime(a: Entry, b: Entry): number {
  return a.at - b.at || (a.key < b.key ? -1 : 1);
}
