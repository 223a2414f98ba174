import type { MessageFieldsFragment } from '../graphql/generated';

export type Message = MessageFieldsFragment;

/** The loaded messages of a conversation, oldest first. */
export interface MessageList {
  readonly items: readonly Message[];
  /** Cursor of the previous page; `undefined` if the first message is loaded. */
  readonly startCursor?: string;
}

interface Page {
  nodes: readonly Message[];
  pageInfo: { hasPreviousPage: boolean; startCursor: string | null };
}

/** Adds the last page of the conversation. Messages that are loaded already are kept if the page overlaps them. */
export function withLastPage(list: MessageList | undefined, page: Page): MessageList {
  const overlaps = list?.items.some(({ id }) => page.nodes.some((node) => node.id === id));
  if (!list || !overlaps) return { items: page.nodes, startCursor: cursorOf(page) };
  return { ...list, items: page.nodes.reduce(merged, list.items) };
}

export function withPageBefore(list: MessageList, page: Page): MessageList {
  const known = new Set(list.items.map(({ id }) => id));
  return { items: [...page.nodes.filter(({ id }) => !known.has(id)), ...list.items], startCursor: cursorOf(page) };
}

/** Adds or updates messages. They are matched by ID, so none is listed twice. */
export function withMessages(list: MessageList, ...messages: readonly Message[]): MessageList {
  return { ...list, items: messages.reduce(merged, list.items) };
}

export function inProgress({ status }: Message): boolean {
  return status === 'PENDING' || status === 'STREAMING';
}

/** Returns true if a reply ended before the model had finished it. */
export function cutShort({ status, finishReason }: Message): boolean {
  return status === 'STOPPED' || status === 'FAILED' || finishReason === 'LENGTH' || finishReason === 'CONTENT_FILTER';
}

function merged(items: readonly Message[], message: Message): readonly Message[] {
  const index = items.findLastIndex(({ id }) => id === message.id);
  if (index < 0) {
    // Messages arrive in order, unless the response to our own mutation overtakes the feed's event from another device.
    let place = items.length;
    while (place > 0 && items[place - 1]!.createdAt > message.createdAt) place--;
    return items.toSpliced(place, 0, message);
  }
  // A late event must not make a finished reply unfinished.
  if (inProgress(message) && !inProgress(items[index]!)) return items;
  return items.with(index, message);
}

function cursorOf({ pageInfo }: Page): string | undefined {
  return pageInfo.hasPreviousPage ? (pageInfo.startCursor ?? undefined) : undefined;
}
