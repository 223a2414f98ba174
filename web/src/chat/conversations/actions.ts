import { execute } from '../graphql/client';
import {
  ConversationsDocument,
  DeleteConversationDocument,
  UpdateConversationDocument,
  type UpdateConversationInput,
} from '../graphql/generated';
import { toApiError } from '../graphql/apiError';
import { retryUntilDone } from '../loading/loadErrors';
import { pause } from '../pause';
import { sessionStore } from '../session/session';
import { change, stateStore } from '../state';
import { conversationOf, withConversation, withConversationBack, withFirstPage, withoutConversation, withPage, type Conversation } from './list';

const PAGE = 30;
/** Name of the list among the load errors. */
export const CONVERSATIONS = 'conversations';

/** Loads the first page of the list, and retries until it succeeds. */
export async function reloadConversations(): Promise<void> {
  const wanted = () => sessionStore.get().status === 'signedIn';
  await retryUntilDone(CONVERSATIONS, wanted, async () => {
    const before = stateStore.get().conversations.items;
    const { me } = await execute(ConversationsDocument, { first: PAGE, withPinned: true });
    if (!me) return;
    const page = { ...me.conversations, nodes: [...(me.pinned?.nodes ?? []), ...me.conversations.nodes] };
    change((state) => ({ ...state, conversations: withFirstPage(state.conversations, page, before) }));
  });
}

let loadingMore = false;

export async function loadMoreConversations(): Promise<void> {
  const after = stateStore.get().conversations.endCursor;
  if (!after || loadingMore) return;
  loadingMore = true;
  // Stops if the list is reloaded meanwhile.
  const wanted = () => stateStore.get().conversations.endCursor === after;
  await retryUntilDone(CONVERSATIONS, wanted, async () => {
    const { me } = await execute(ConversationsDocument, { first: PAGE, after });
    if (me && wanted()) change((state) => ({ ...state, conversations: withPage(state.conversations, me.conversations) }));
  });
  loadingMore = false;
}

/** Updates a conversation. The change is shown at once, and reverted if the server refuses it. */
export async function updateConversation(input: UpdateConversationInput & { id: string }): Promise<void> {
  const before = conversationOf(stateStore.get().conversations, input.id);
  if (before) put({ ...before, ...given(input) });
  // Outlives the page, unless the input may be too large for that.
  const keepalive = input.systemPrompt == null;
  try {
    put((await execute(UpdateConversationDocument, { input }, { keepalive })).updateConversation.conversation);
  } catch (error) {
    // Reverts only the changed fields, because the feed may have updated others meanwhile.
    const now = conversationOf(stateStore.get().conversations, input.id);
    if (before && now) put({ ...now, ...asBefore(before, given(input)) });
    throw error;
  }
}

function given({ title, systemPrompt, model, archived, pinned }: UpdateConversationInput): Partial<Conversation> {
  const now = new Date().toISOString();
  return {
    ...(title != null && { title }),
    ...(systemPrompt !== undefined && { systemPrompt }),
    ...(model !== undefined && { model }),
    ...(archived != null && { archivedAt: archived ? now : null }),
    ...(pinned != null && { pinnedAt: pinned ? now : null }),
  };
}

function asBefore(before: Conversation, changed: Partial<Conversation>): Partial<Conversation> {
  return Object.fromEntries(Object.keys(changed).map((field) => [field, before[field as keyof Conversation]]));
}

/** Removes a conversation from the list. {@link deleteForGood} deletes it on the server. */
export function hideConversation(id: string): void {
  change((state) => ({ ...state, conversations: withoutConversation(state.conversations, id) }));
}

export function showConversation(conversation: Conversation): void {
  change((state) => ({ ...state, conversations: withConversationBack(state.conversations, conversation) }));
}

/** Deletes a conversation on the server, with retries. `keepalive` lets the request outlive the page. */
export async function deleteForGood(id: string): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      await execute(DeleteConversationDocument, { id }, { keepalive: true });
      return;
    } catch (error) {
      const failure = toApiError(error);
      if (failure.code === 'NOT_FOUND') return;
      if (!failure.retryable) throw error;
      await pause(attempt);
    }
  }
}

function put(conversation: Conversation): void {
  change((state) => ({ ...state, conversations: withConversation(state.conversations, conversation) }));
}
