import { withConversation, withoutConversation } from '../conversations/list';
import type { ChangesSubscription } from '../graphql/generated';
import { withBranch, withMessages, withUpdates } from '../messages/list';
import type { State } from '../state';

export type Change = ChangesSubscription['changes'];

/** Returns the state after a change on any device. `Reload` has no effect here: the feed loads everything again. */
export function applyChange(state: State, change: Change): State {
  switch (change.__typename) {
    case 'ConversationCreated':
    case 'ConversationChanged': {
      const { conversation } = change;
      return conversation ? { ...state, conversations: withConversation(state.conversations, conversation) } : state;
    }
    case 'ConversationDeleted': {
      const { [change.conversationId]: _, ...messages } = state.messages;
      return { conversations: withoutConversation(state.conversations, change.conversationId), messages };
    }
    case 'MessageAdded':
    case 'ReplyEnded':
    case 'MessageChanged': {
      if (!change.message) return state;
      const { conversation, onBranch, ...message } = change.message;
      const list = state.messages[conversation.id];
      // A reply may end on another branch, and a late event may be about a message that was replaced since.
      const withIt = onBranch && change.__typename === 'MessageAdded' ? withMessages : withUpdates;
      return {
        conversations: withConversation(state.conversations, conversation),
        messages: list ? { ...state.messages, [conversation.id]: withIt(list, message) } : state.messages,
      };
    }
    case 'BranchSwitched': {
      if (!change.conversation) return state;
      const { head, ...conversation } = change.conversation;
      const list = state.messages[conversation.id];
      return {
        conversations: withConversation(state.conversations, conversation),
        messages: list && head
          ? { ...state.messages, [conversation.id]: withBranch(list, change.fork?.id ?? null, head.id) }
          : state.messages,
      };
    }
    default:
      return state;
  }
}
