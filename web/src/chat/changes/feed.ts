import { reloadConversations } from '../conversations/actions';
import { ChangesDocument } from '../graphql/generated';
import { follow } from '../graphql/socket';
import { reloadMessages } from '../messages/actions';
import { change as changeState } from '../state';
import { afterChange } from './reduce';

/** Follows what happens on all of the user's devices. The first event is a Reload: that is how everything gets loaded. */
export function followChanges(): () => void {
  let cursor: string | undefined;
  let leave = () => {};
  let timer: ReturnType<typeof setTimeout>;

  function begin() {
    const variables = {
      get after() {
        return cursor;
      },
    };
    leave = follow(ChangesDocument, variables, {
      next({ changes }) {
        cursor = changes.cursor;
        if (changes.__typename === 'Reload') reload();
        else changeState((state) => afterChange(state, changes));
      },
      refused({ code, retryAfter = 3 }) {
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
    leave();
  };
}

function reload(): void {
  void reloadConversations();
  void reloadMessages();
}
