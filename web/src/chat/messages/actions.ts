import { withConversation } from '../conversations/list';
import { ask } from '../graphql/client';
import { ConversationDocument } from '../graphql/generated';
import { refusalOf } from '../graphql/refusal';
import { pause } from '../pause';
import { sessionStore } from '../session/session';
import { change, stateStore } from '../state';
import { createStore } from '../../store';
import { withLastPage, withPageBefore } from './list';

const PAGE = 50;

/** Conversations that are not there, or not ours. */
export const missingStore = createStore<ReadonlySet<string>>(new Set());

/** Another user may have what this one has not. */
export function forgetMissing(): void {
  missingStore.set(new Set());
}

/** The conversations that are being loaded, and whether there is news of them that the answer may have come too late for. */
const loading = new Map<string, boolean>();

/** Something has happened in a conversation. If it is being loaded just now, it is loaded once more. */
export function noteNews(conversationId: string): void {
  if (loading.has(conversationId)) loading.set(conversationId, true);
}

/** Loads the end of a conversation, and tries until it is there. */
export async function loadMessages(conversationId: string): Promise<void> {
  if (loading.has(conversationId)) return noteNews(conversationId);
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
  for (let attempt = 0; sessionStore.get().status === 'signedIn'; attempt++) {
    try {
      const { conversation } = await ask(ConversationDocument, { id: conversationId, last: PAGE });
      if (!conversation) return;
      const { messages, ...rest } = conversation;
      change((state) => ({
        conversations: withConversation(state.conversations, rest),
        messages: { ...state.messages, [conversationId]: withLastPage(state.messages[conversationId], messages) },
      }));
      return;
    } catch (error) {
      const { code } = refusalOf(error);
      if (code === 'NOT_FOUND' || code === 'BAD_USER_INPUT') {
        missingStore.set(new Set(missingStore.get()).add(conversationId));
        return;
      }
      await pause(attempt);
    }
  }
}

/** Loads anew what is shown; the rest is forgotten, and loaded when it is opened. */
export async function reloadMessages(shown = shownConversation): Promise<void> {
  change(({ conversations, messages }) => {
    const kept = shown && messages[shown];
    return { conversations, messages: kept ? { [shown]: kept } : {} };
  });
  if (shown) await loadMessages(shown);
}

let shownConversation: string | undefined;

/** Tells which conversation is open. */
export function show(conversationId: string | undefined): void {
  shownConversation = conversationId;
  if (conversationId && !stateStore.get().messages[conversationId]) void loadMessages(conversationId);
}

const loadingBefore = new Set<string>();

export async function loadMessagesBefore(conversationId: string, count = PAGE): Promise<void> {
  const before = stateStore.get().messages[conversationId]?.startCursor;
  if (!before || loadingBefore.has(conversationId)) return;
  loadingBefore.add(conversationId);
  const wanted = () => stateStore.get().messages[conversationId]?.startCursor === before;
  for (let attempt = 0; wanted(); attempt++) {
    try {
      const { conversation } = await ask(ConversationDocument, { id: conversationId, last: count, before });
      change((state) => {
        const list = state.messages[conversationId];
        if (!conversation || list?.startCursor !== before) return state;
        return { ...state, messages: { ...state.messages, [conversationId]: withPageBefore(list, conversation.messages) } };
      });
      break;
    } catch (error) {
      if (!refusalOf(error).passing) break;
      await pause(attempt);
    }
  }
  loadingBefore.delete(conversationId);
}
