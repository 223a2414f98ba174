import { reloadConversations } from '../conversations/actions';
import { deletedElsewhere } from '../conversations/deletion';
import { ChangesDocument } from '../graphql/generated';
import { follow } from '../graphql/socket';
import { noteChange, reloadMessages } from '../messages/actions';
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
  void reloadConversations();
  void reloadMessages();
}

function take(change: Change): void {
  if (change.__typename === 'ConversationDeleted') deletedElsewhere(change.conversationId);
  if ((change.__typename === 'MessageAdded' || change.__typename === 'ReplyEnded') && change.message) {
    const { conversation, ...message } = change.message;
    const known = stateStore.get().messages[conversation.id]?.items.some(({ id }) => id === message.id);
    if (!known) recordEcho(conversation.id, message);
    noteChange(conversation.id);
  }
  changeState((state) => applyChange(state, change));
}
