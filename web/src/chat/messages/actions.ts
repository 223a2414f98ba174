import { withConversation } from '../conversations/list';
import { execute } from '../graphql/client';
import { ConversationDocument } from '../graphql/generated';
import { toApiError } from '../graphql/apiError';
import { retryUntilDone } from '../loading/loadErrors';
import { sessionStore } from '../session/session';
import { change, stateStore } from '../state';
import { createStore } from '../../store';
import { withLastPage, withPageBefore, type Page } from './list';

export const PAGE = 50;
/** Maximum size of a page. */
const LARGEST_PAGE = 100;

/** IDs of conversations that do not exist, or belong to another user. */
export const missingStore = createStore<ReadonlySet<string>>(new Set());

/** Clears the list when the user changes, because another user may have access. */
export function forgetMissing(): void {
  missingStore.set(new Set());
}

/** Conversations that are being loaded, and whether something has changed that the response may lack. */
const loading = new Map<string, boolean>();

/** Notes a change in a conversation. If the conversation is being loaded, it is loaded once more. */
export function noteChange(conversationId: string): void {
  if (loading.has(conversationId)) loading.set(conversationId, true);
}

/** Number of times that another branch of a conversation has become active. A page that was requested before is outdated. */
const switches = new Map<string, number>();

/** Notes that another branch is active. */
export function noteSwitch(conversationId: string): void {
  switches.set(conversationId, (switches.get(conversationId) ?? 0) + 1);
  noteChange(conversationId);
}

/** Loads the messages of a branch that has become active. Those of a conversation that is not open are dropped. */
export function loadBranch(conversationId: string): void {
  if (conversationId === openConversation) return void loadMessages(conversationId);
  change((state) => {
    const { [conversationId]: _, ...messages } = state.messages;
    return { ...state, messages };
  });
}

/** Loads the latest messages of a conversation, and retries until it succeeds. */
export async function loadMessages(conversationId: string): Promise<void> {
  if (loading.has(conversationId)) return noteChange(conversationId);
  try {
    do {
      loading.set(conversationId, false);
      await loadEnd(conversationId);
    } while (loading.get(conversationId));
  } finally {
    loading.delete(conversationId);
  }
}

async function loadEnd(conversationId: string): Promise<void> {
  const wanted = () => sessionStore.get().status === 'signedIn';
  const failure = await retryUntilDone(conversationId, wanted, async () => {
    const before = stateStore.get().messages[conversationId]?.items;
    const branch = switches.get(conversationId);
    const { conversation } = await execute(ConversationDocument, { id: conversationId, last: PAGE });
    if (!conversation || switches.get(conversationId) !== branch) return;
    const { messages, tree, ...rest } = conversation;
    change((state) => {
      const list = withLastPage(state.messages[conversationId], messages, before);
      const branched = list.branched || tree.totalCount > messages.totalCount;
      return {
        conversations: withConversation(state.conversations, rest),
        messages: { ...state.messages, [conversationId]: { ...list, branched } },
      };
    });
  });
  if (failure && failure.code !== 'UNAUTHENTICATED') missingStore.set(new Set(missingStore.get()).add(conversationId));
}

/** Reloads the open conversation. Others are dropped, and loaded when they are opened. */
export async function reloadMessages(shown = openConversation): Promise<void> {
  change(({ conversations, messages }) => {
    const kept = shown && messages[shown];
    return { conversations, messages: kept ? { [shown]: kept } : {} };
  });
  if (shown) await loadMessages(shown);
}

let openConversation: string | undefined;

/** Sets the open conversation, and loads it if necessary. */
export function setOpenConversation(conversationId: string | undefined): void {
  openConversation = conversationId;
  if (conversationId && !stateStore.get().messages[conversationId]) void loadMessages(conversationId);
}

const loadingBefore = new Map<string, Promise<void>>();

/** Loads the page before the loaded messages. Concurrent calls share one request. */
export function loadMessagesBefore(conversationId: string, count = PAGE): Promise<void> {
  const running = loadingBefore.get(conversationId);
  if (running) return running;
  const request = loadPageBefore(conversationId, count).finally(() => loadingBefore.delete(conversationId));
  loadingBefore.set(conversationId, request);
  return request;
}

async function loadPageBefore(conversationId: string, count: number): Promise<void> {
  const before = stateStore.get().messages[conversationId]?.startCursor;
  const wanted = () => before !== undefined && stateStore.get().messages[conversationId]?.startCursor === before;
  await retryUntilDone(conversationId, wanted, async () => {
    const branch = switches.get(conversationId);
    const page = await pageBefore(conversationId, count, before);
    if (switches.get(conversationId) !== branch) return;
    change((state) => {
      const list = state.messages[conversationId];
      if (!list || !page || list.startCursor !== before) return state;
      return { ...state, messages: { ...state.messages, [conversationId]: withPageBefore(list, page) } };
    });
  });
}

async function pageBefore(conversationId: string, last: number, before?: string): Promise<Page | undefined> {
  const load = async (last: number, before?: string | null) =>
    (await execute(ConversationDocument, { id: conversationId, last, before })).conversation?.messages;
  try {
    return await load(last, before);
  } catch (error) {
    if (toApiError(error).code !== 'BAD_USER_INPUT') throw error;
  }
  // The cursor belongs to another branch. The page is found again from the end.
  const isKnown = ({ id }: { id: string }) => stateStore.get().messages[conversationId]?.items.some((item) => item.id === id);
  for (let page = await load(LARGEST_PAGE); ; page = await load(LARGEST_PAGE, page.pageInfo.startCursor)) {
    if (!page?.pageInfo.hasPreviousPage || !page.nodes.every(isKnown)) return page;
  }
}
