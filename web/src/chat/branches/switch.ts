import { createStore } from '../../store';
import { withConversation } from '../conversations/list';
import { execute } from '../graphql/client';
import { SwitchBranchDocument, type SwitchBranchMutation } from '../graphql/generated';
import { noteSwitch, PAGE } from '../messages/actions';
import { withBranch, withLastPage } from '../messages/list';
import { change } from '../state';
import { texts } from '../texts';
import { notifyFailure } from '../ui/notices';

/** A switch of this tab's user. The pressed button keeps its place and the focus, at the message that is now shown. */
export interface OwnSwitch {
  readonly message: string;
  readonly step: 'previous' | 'next';
  /** Where the button was, in pixels from the top of the page. */
  readonly top: number;
}

export const ownSwitchStore = createStore<OwnSwitch | undefined>(undefined);

/** The switches in progress, by conversation. */
const switching = new Map<string, Promise<void>>();

export function switchInProgress(conversationId: string): Promise<void> | undefined {
  return switching.get(conversationId);
}

/** Switches to the branch of a message. Does nothing while another switch is in progress. */
export function switchTo(conversationId: string, own: OwnSwitch): void {
  if (switching.has(conversationId)) return;
  const done = execute(SwitchBranchDocument, { messageId: own.message, last: PAGE })
    .then(({ switchBranch }) => {
      ownSwitchStore.set(own);
      show(switchBranch);
    })
    .catch((error) => notifyFailure(error, texts.notSwitched))
    .finally(() => switching.delete(conversationId));
  switching.set(conversationId, done);
}

/** Shows the whole branch at once. */
function show({ fork, head, conversation: { messages, ...conversation } }: SwitchBranchMutation['switchBranch']): void {
  noteSwitch(conversation.id);
  change((state) => {
    const list = state.messages[conversation.id];
    return {
      conversations: withConversation(state.conversations, conversation),
      messages: list
        ? { ...state.messages, [conversation.id]: withLastPage(withBranch(list, fork?.id ?? null, head.id), messages) }
        : state.messages,
    };
  });
}
