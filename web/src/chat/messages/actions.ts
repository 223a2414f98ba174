import { withConversation } from '../conversations/list';
import { execute } from '../graphql/client';
import { ConversationDocument } from '../graphql/generated';
import { retryUntilDone } from '../loading/loadErrors';
import { sessionStore } from '../session/session';
import { change, stateStore } from '../state';
import { createStore } from '../../store';
import { withLastPage, withPageBefore } from './list';

const PAGE = 50;

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
    const { conversation } = await execute(ConversationDocument, { id: conversationId, last: PAGE });
    if (!conversation) return;
    const { messages, ...rest } = conversation;
    change((state) => ({
      conversations: withConversation(state.conversations, rest),
      messages: { ...state.messages, [conversationId]: withLastPage(state.messages[conversationId], messages) },
    }));
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
    const { conversation } = await execute(ConversationDocument, { id: conversationId, last: count, before });
    change((state) => {
      const list = state.messages[conversationId];
      if (!list || !conversation || list.startCursor !== before) return state;
      return { ...state, messages: { ...state.messages, [conversationId]: withPageBefore(list, conversation.messages) } };
    });
  });
}
