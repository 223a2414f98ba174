import type { ConversationFieldsFragment } from '../graphql/generated';

export type Conversation = ConversationFieldsFragment;

/** The loaded conversations, most recently used first. */
export interface ConversationList {
  readonly loaded: boolean;
  /** The first pages of the list, and all pinned conversations. Archived ones are not listed. */
  readonly items: readonly Conversation[];
  /** Cursor of the next page; `undefined` if everything is loaded. */
  readonly endCursor?: string;
  /** Conversations that are known, but archived or on a page of the list that is not loaded yet. */
  readonly unlisted: Readonly<Record<string, Conversation>>;
  /** IDs that were deleted while this page was open. A late response must not bring them back. */
  readonly deleted: ReadonlySet<string>;
}

export const noConversations: ConversationList = { loaded: false, items: [], unlisted: {}, deleted: new Set() };

interface Page {
  nodes: readonly Conversation[];
  pageInfo: { hasNextPage: boolean; endCursor: string | null };
}

/** Replaces the list with its first page. Keeps what the feed has added since the list was `before`. */
export function withFirstPage(list: ConversationList, page: Page, before: readonly Conversation[] = list.items): ConversationList {
  return withPage({ ...list, items: list.items.filter((item) => !before.includes(item)) }, page);
}

export function withPage(list: ConversationList, { nodes, pageInfo }: Page): ConversationList {
  const endCursor = pageInfo.hasNextPage ? (pageInfo.endCursor ?? undefined) : undefined;
  const known = new Map(nodes.map((node) => [node.id, node]));
  // The feed may have brought newer versions than the page.
  for (const item of list.items) known.set(item.id, newer(item, known.get(item.id)));
  return { ...list, loaded: true, items: sorted([...known.values()].filter(({ id }) => !list.deleted.has(id))), endCursor };
}

/** Returns a conversation that is known, listed or not. */
export function conversationOf(list: ConversationList, id: string | undefined): Conversation | undefined {
  if (id === undefined || list.deleted.has(id)) return undefined;
  return list.items.find((item) => item.id === id) ?? list.unlisted[id];
}

/** Returns the archived conversations: the loaded pages of the archive, with what has changed since. */
export function archivedOf(list: ConversationList, loaded: readonly Conversation[]): Conversation[] {
  const all = new Map([...loaded, ...Object.values(list.unlisted)].map((one) => [one.id, one]));
  const current = [...all.values()].map((one) => conversationOf(list, one.id) ?? one);
  return sorted(current.filter(({ id, archivedAt }) => archivedAt && !list.deleted.has(id)));
}

export function withConversation(list: ConversationList, conversation: Conversation): ConversationList {
  if (list.deleted.has(conversation.id)) return list;
  const others = list.items.filter(({ id }) => id !== conversation.id);
  if (conversation.archivedAt || isOnLaterPage(list, conversation)) {
    return { ...list, items: others, unlisted: { ...list.unlisted, [conversation.id]: conversation } };
  }
  return { ...list, items: sorted([...others, conversation]) };
}

/** Returns true if a conversation is on a page that is not loaded yet. It is listed with that page. */
function isOnLaterPage({ items, endCursor }: ConversationList, conversation: Conversation): boolean {
  if (!endCursor || isPinned(conversation)) return false;
  const paged = items.filter((item) => !isPinned(item));
  const last = paged.at(-1);
  return last !== undefined && before(last, conversation) && !paged.some(({ id }) => id === conversation.id);
}

export function isPinned({ pinnedAt }: Conversation): boolean {
  return Boolean(pinnedAt);
}

export function withoutConversation(list: ConversationList, id: string): ConversationList {
  return { ...list, items: list.items.filter((item) => item.id !== id), deleted: new Set(list.deleted).add(id) };
}

/** Restores a conversation whose deletion was undone or refused. */
export function withConversationBack(list: ConversationList, conversation: Conversation): ConversationList {
  const deleted = new Set(list.deleted);
  deleted.delete(conversation.id);
  return withConversation({ ...list, deleted }, conversation);
}

function newer(a: Conversation, b?: Conversation): Conversation {
  return b && b.updatedAt > a.updatedAt ? b : a;
}

function before(a: Conversation, b: Conversation): boolean {
  return a.updatedAt === b.updatedAt ? a.id > b.id : a.updatedAt > b.updatedAt;
}

function sorted(items: Conversation[]): Conversation[] {
  return items.sort((a, b) => (before(a, b) ? -1 : 1));
}
