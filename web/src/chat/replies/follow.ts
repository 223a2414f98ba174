import { useSyncExternalStore } from 'react';
import { createStore, type Store } from '../../store';
import { ReplyDocument } from '../graphql/generated';
import { follow } from '../graphql/socket';
import { inProgress, withMessages, type Message } from '../messages/list';
import { change, stateStore } from '../state';
import { announceEnd } from './announceEnd';
import { afterEvent, noReply, shownOf, type Reply } from './reply';

/** The replies in progress that we have heard of, by message. They outlast a change of conversation: then the cursor goes on. */
const replies = new Map<string, Store<Reply>>();

const following = new Map<string, () => void>();

/** What has ended is not followed. */
const ended = createStore<Reply>(noReply);

function storeOf(message: Message): Store<Reply> {
  if (!inProgress(message)) return ended;
  let store = replies.get(message.id);
  if (!store) replies.set(message.id, (store = createStore<Reply>({ ...noReply, text: message.content })));
  return store;
}

/** The text of a reply so far. */
export function useReplyText(message: Message): string {
  const store = storeOf(message);
  const reply = useSyncExternalStore(store.subscribe, store.get);
  return inProgress(message) ? shownOf(reply) : message.content;
}

/** Follows every reply in progress of one conversation, for as long as it is open. */
export function followReplies(conversationId: string): () => void {
  const look = () => {
    for (const message of stateStore.get().messages[conversationId]?.items ?? []) {
      if (inProgress(message)) begin(conversationId, message);
    }
  };
  const unsubscribe = stateStore.subscribe(look);
  look();
  return () => {
    unsubscribe();
    for (const leave of following.values()) leave();
    following.clear();
  };
}

/** Forgets everything, as when somebody signs out. */
export function forgetReplies(): void {
  for (const leave of following.values()) leave();
  following.clear();
  replies.clear();
}

function begin(conversationId: string, message: Message): void {
  const { id } = message;
  if (following.has(id)) return;
  const store = storeOf(message);

  let timer: ReturnType<typeof setTimeout>;
  let leave = () => {};
  const variables = {
    messageId: id,
    get after() {
      return store.get().cursor;
    },
  };

  function subscribe() {
    leave = follow(ReplyDocument, variables, {
      next({ reply: event }) {
        store.set(afterEvent(store.get(), event));
        if (event.__typename === 'ReplyFinished') end(event.message);
      },
      refused({ code, retryAfter = 2 }) {
        if (code === 'NOT_FOUND') return end();
        if (code === 'BAD_USER_INPUT') store.set({ ...store.get(), cursor: undefined });
        timer = setTimeout(subscribe, retryAfter * 1000);
      },
      complete() {
        if (!store.get().finished) timer = setTimeout(subscribe, 1000);
      },
    });
  }

  function end(message?: Message) {
    // Before the state changes: whoever hears of that must not begin again.
    following.delete(id);
    leave();
    if (message) {
      change((state) => {
        const list = state.messages[conversationId];
        return list ? { ...state, messages: { ...state.messages, [conversationId]: withMessages(list, message) } } : state;
      });
      replies.delete(id);
      announceEnd(message);
    }
  }

  following.set(id, () => {
    clearTimeout(timer);
    leave();
  });
  subscribe();
}
