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
const switching = new Map<string, Promise<boolean>>();

export function switchInProgress(conversationId: string): Promise<unknown> | undefined {
  return switching.get(conversationId);
}

/** Switches to the branch of a message. Does nothing while another switch is in progress. */
export function switchTo(conversationId: string, own: OwnSwitch): void {
  if (!switching.has(conversationId)) void showBranchOf(conversationId, own.message, own);
}

/** Switches to the branch of a message. Returns false if that fails, which is reported. */
export async function showBranchOf(conversationId: string, messageId: string, own?: OwnSwitch): Promise<boolean> {
  await switching.get(conversationId);
  const done = execute(SwitchBranchDocument, { messageId, last: PAGE })
    .then(({ switchBranch }) => {
      if (own) ownSwitchStore.set(own);
      show(switchBranch);
      return true;
    })
    .catch((error) => (notifyFailure(error, texts.notSwitched), false))
    .finally(() => switching.delete(conversationId));
  switching.set(conversationId, done);
  return done;
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
