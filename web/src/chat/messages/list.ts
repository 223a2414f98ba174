import type { MessageFieldsFragment } from '../graphql/generated';

export type Message = MessageFieldsFragment;

/** The loaded messages of a conversation's active branch, oldest first. */
export interface MessageList {
  readonly items: readonly Message[];
  /** Cursor of the previous page; `undefined` if the first message is loaded. */
  readonly startCursor?: string;
  /** True if the conversation has other branches, so that messages may have alternatives. */
  readonly branched?: boolean;
}

export interface Page {
  nodes: readonly Message[];
  pageInfo: { hasPreviousPage: boolean; startCursor: string | null };
}

/**
 * Adds the last page of the conversation. Earlier messages are kept if the page overlaps them. Later ones are kept if they
 * were added since the list was `before`; otherwise, they are on another branch.
 */
export function withLastPage(list: MessageList | undefined, page: Page, before = list?.items ?? []): MessageList {
  const known = idsOf(before);
  const listed = idsOf(page.nodes);
  const overlap = list ? list.items.findIndex(({ id }) => listed.has(id)) : -1;
  if (!list || overlap < 0) return { ...list, items: page.nodes, startCursor: cursorOf(page) };
  const kept = list.items.filter(({ id }, index) => index < overlap || listed.has(id) || !known.has(id));
  return { ...list, items: page.nodes.reduce(merged, kept) };
}

export function withPageBefore(list: MessageList, page: Page): MessageList {
  const known = idsOf(list.items);
  return { ...list, items: [...page.nodes.filter(({ id }) => !known.has(id)), ...list.items], startCursor: cursorOf(page) };
}

/** Adds or updates messages. They are matched by ID, so none is listed twice. */
export function withMessages(list: MessageList, ...messages: readonly Message[]): MessageList {
  return { ...list, items: messages.reduce(merged, list.items) };
}

/** Updates messages that are listed. Others are ignored: they are on another branch. */
export function withUpdates(list: MessageList, ...messages: readonly Message[]): MessageList {
  const listed = idsOf(list.items);
  return withMessages(list, ...messages.filter(({ id }) => listed.has(id)));
}

/**
 * Removes the messages after `fork`, because another branch is active. The messages from there to the branch's `head` are
 * kept if they are listed already. `fork` is `null` if the branches differ from the start.
 */
export function withBranch(list: MessageList, fork: string | null, head: string): MessageList {
  const kept = list.items.slice(0, list.items.findIndex(({ id }) => id === fork) + 1);
  const items = [...kept, ...path(list.items.slice(kept.length), fork, head)];
  return { ...list, items, startCursor: kept.length > 0 ? list.startCursor : undefined, branched: true };
}

/** Returns the messages from a fork to a head; empty if one of them is missing. */
function path(items: readonly Message[], fork: string | null, head: string): Message[] {
  const found: Message[] = [];
  for (let next: string | null = head; next !== fork; ) {
    const message = items.find(({ id }) => id === next);
    if (!message) return [];
    found.unshift(message);
    next = message.parent?.id ?? null;
    if (next === null && fork !== null) return [];
  }
  return found;
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

function idsOf(messages: readonly Message[]): ReadonlySet<string> {
  return new Set(messages.map(({ id }) => id));
}

function cursorOf({ pageInfo }: Page): string | undefined {
  return pageInfo.hasPreviousPage ? (pageInfo.startCursor ?? undefined) : undefined;
}
