import type { MessageFieldsFragment } from '../graphql/generated';

export type Message = MessageFieldsFragment;

/** The messages of a conversation as far as they are loaded, oldest first. */
export interface MessageList {
  readonly items: readonly Message[];
  /** Where the page before begins; nothing if the first message is here. */
  readonly startCursor?: string;
}

interface Page {
  nodes: readonly Message[];
  pageInfo: { hasPreviousPage: boolean; startCursor: string | null };
}

/** The end of the conversation. What is loaded already is kept if the page reaches it. */
export function withLastPage(list: MessageList | undefined, page: Page): MessageList {
  const overlaps = list?.items.some(({ id }) => page.nodes.some((node) => node.id === id));
  if (!list || !overlaps) return { items: page.nodes, startCursor: cursorOf(page) };
  return { ...list, items: page.nodes.reduce(merged, list.items) };
}

export function withPageBefore(list: MessageList, page: Page): MessageList {
  const known = new Set(list.items.map(({ id }) => id));
  return { items: [...page.nodes.filter(({ id }) => !known.has(id)), ...list.items], startCursor: cursorOf(page) };
}

/** Adds messages, or puts what is known of them up to date: by id, so that none is ever there twice. */
export function withMessages(list: MessageList, ...messages: readonly Message[]): MessageList {
  return { ...list, items: messages.reduce(merged, list.items) };
}

export function inProgress({ status }: Message): boolean {
  return status === 'PENDING' || status === 'STREAMING';
}

/** Whether a reply ended where its writer had not meant it to. */
export function cutShort({ status, finishReason }: Message): boolean {
  return status === 'STOPPED' || status === 'FAILED' || finishReason === 'LENGTH' || finishReason === 'CONTENT_FILTER';
}

function merged(items: readonly Message[], message: Message): readonly Message[] {
  const index = items.findLastIndex(({ id }) => id === message.id);
  if (index < 0) {
    // They come in order, but for those of our own that are answered before the feed has told of another device's.
    let place = items.length;
    while (place > 0 && items[place - 1]!.createdAt > message.createdAt) place--;
    return items.toSpliced(place, 0, message);
  }
  // What was told late must not make a finished reply unfinished.
  if (inProgress(message) && !inProgress(items[index]!)) return items;
  return items.with(index, message);
}

function cursorOf({ pageInfo }: Page): string | undefined {
  return pageInfo.hasPreviousPage ? (pageInfo.startCursor ?? undefined) : undefined;
}
