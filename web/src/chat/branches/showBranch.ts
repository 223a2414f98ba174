import { withConversation } from '../conversations/list';
import type { ConversationFieldsFragment } from '../graphql/generated';
import { noteSwitch } from '../messages/actions';
import { withBranch, withMessages, type Message } from '../messages/list';
import { change } from '../state';

/** Shows a new branch, which the server has started below `fork` (`null`: from the start) with these messages. */
export function showBranch(conversation: ConversationFieldsFragment, fork: string | null, messages: Message[]): void {
  noteSwitch(conversation.id);
  change((state) => {
    const list = state.messages[conversation.id];
    const shown = list && withMessages(withBranch(list, fork, messages.at(-1)!.id), ...messages);
    return {
      conversations: withConversation(state.conversations, conversation),
      messages: shown ? { ...state.messages, [conversation.id]: shown } : state.messages,
    };
  });
}
