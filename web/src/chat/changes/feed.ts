import { forgetAlternatives } from '../branches/alternatives';
import { switchInProgress } from '../branches/switch';
import { reloadConversations } from '../conversations/actions';
import { deletedElsewhere } from '../conversations/deletion';
import { ChangesDocument } from '../graphql/generated';
import { follow } from '../graphql/socket';
import { loadBranch, noteChange, noteSwitch, reloadMessages } from '../messages/actions';
import { recordEcho } from '../outbox/echoes';
import { change as changeState, stateStore } from '../state';
import { applyChange, type Change } from './reduce';

/** Subscribes to changes on all of the user's devices. The first event is `Reload`, which loads everything. */
export function followChanges(): () => void {
  let cursor: string | undefined;
  let unsubscribe = () => {};
  let timer: ReturnType<typeof setTimeout>;

  function begin() {
    const variables = {
      get after() {
        return cursor;
      },
    };
    unsubscribe = follow(ChangesDocument, variables, {
      next({ changes }) {
        cursor = changes.cursor;
        if (changes.__typename === 'Reload') reload();
        else take(changes);
      },
      failed({ code, retryAfter = 3 }) {
        if (code === 'BAD_USER_INPUT') cursor = undefined;
        again(retryAfter);
      },
      complete: () => again(1),
    });
  }

  function again(seconds: number) {
    clearTimeout(timer);
    timer = setTimeout(begin, seconds * 1000);
  }

  begin();
  return () => {
    clearTimeout(timer);
    unsubscribe();
  };
}

function reload(): void {
  forgetAlternatives();
  void reloadConversations();
  void reloadMessages();
}

function take(change: Change): void | Promise<void> {
  if (change.__typename === 'ConversationDeleted') deletedElsewhere(change.conversationId);
  if (change.__typename === 'MessageChanged' && change.message) noteChange(change.message.conversation.id);
  if ((change.__typename === 'MessageAdded' || change.__typename === 'ReplyEnded') && change.message) {
    const { conversation, onBranch: _, ...message } = change.message;
    const known = stateStore.get().messages[conversation.id]?.items.some(({ id }) => id === message.id);
    if (!known) recordEcho(conversation.id, message);
    noteChange(conversation.id);
  }
  if (change.__typename === 'BranchSwitched') return takeSwitch(change);
  changeState((state) => applyChange(state, change));
}

async function takeSwitch(change: Change & { __typename: 'BranchSwitched' }): Promise<void> {
  const { conversation } = change;
  if (!conversation?.head) return;
  // The response to our own switch brings the whole branch, so that the list does not become shorter for a moment.
  const own = switchInProgress(conversation.id);
  if (own) await own;
  noteSwitch(conversation.id);
  changeState((state) => applyChange(state, change));
  const list = stateStore.get().messages[conversation.id];
  if (list && list.items.at(-1)?.id !== conversation.head.id) loadBranch(conversation.id);
}
