import { useSyncExternalStore } from 'react';
import { createStore, type Store } from '../../store';
import { connectionStore, isLost } from '../connection';
import { ReplyDocument } from '../graphql/generated';
import { follow, silentStore, watchForSilence } from '../graphql/socket';
import { inProgress, withUpdates, type Message } from '../messages/list';
import { change, stateStore } from '../state';
import { announceEnd } from './announceEnd';
import { forgetParts, keepStreamed } from './parts';
import { applyEvent, emptyReply, unseen, visibleText, type Reply } from './reply';

/** Text that arrived this shortly before the connection was lost was still flowing, in milliseconds. */
const FLOWING = 4_000;

/** Replies in progress, by message ID. They outlast a change of conversation, so that the cursor is kept. */
const replies = new Map<string, Store<Reply>>();

const following = new Map<string, () => void>();

/** Store of every reply that has ended and is not followed. */
const ended = createStore<Reply>(emptyReply);

function storeOf(message: Message): Store<Reply> {
  if (!inProgress(message)) return ended;
  let store = replies.get(message.id);
  // Without a context, nothing is stored yet: the model has begun less than a second ago, if at all.
  const thoughtFor = message.context ? NaN : 0;
  if (!store) replies.set(message.id, (store = createStore<Reply>({ ...emptyReply, text: message.content, thoughtFor })));
  return store;
}

export function useReply(message: Message): Reply {
  const store = storeOf(message);
  return useSyncExternalStore(store.subscribe, store.get);
}

/** Returns the text of a reply so far. */
export function useReplyText(message: Message): string {
  const reply = useReply(message);
  return inProgress(message) ? visibleText(reply) : message.content;
}

/** Follows all replies in progress in a conversation, while it is open. */
export function followReplies(conversationId: string): () => void {
  const followAll = () => {
    for (const message of stateStore.get().messages[conversationId]?.items ?? []) {
      if (inProgress(message)) begin(conversationId, message);
    }
  };
  const unsubscribe = stateStore.subscribe(followAll);
  followAll();
  return () => {
    unsubscribe();
    for (const leave of following.values()) leave();
    following.clear();
  };
}

/** Stops following replies and forgets them, for example when the user signs out. */
export function forgetReplies(): void {
  for (const leave of following.values()) leave();
  following.clear();
  replies.clear();
  forgetParts();
}

function begin(conversationId: string, message: Message): void {
  const { id } = message;
  if (following.has(id)) return;
  const store = storeOf(message);

  let timer: ReturnType<typeof setTimeout>;
  let leave = () => {};
  let lastTextAt = -Infinity;
  const variables = {
    messageId: id,
    get after() {
      return store.get().cursor;
    },
  };

  function subscribe() {
    leave = follow(ReplyDocument, variables, {
      next({ reply: event }) {
        if (event.__typename === 'ReplyDelta') lastTextAt = performance.now();
        store.set(applyEvent(store.get(), event));
        keepStreamed(id, store.get());
        if (event.__typename === 'ReplyFinished') end(event.message);
      },
      failed({ code, retryAfter = 2 }) {
        if (code === 'NOT_FOUND') return end();
        if (code === 'BAD_USER_INPUT') store.set({ ...store.get(), cursor: undefined });
        timer = setTimeout(subscribe, retryAfter * 1000);
      },
      complete() {
        if (!store.get().finished) timer = setTimeout(subscribe, 1000);
      },
    });
  }

  /** Notes a lost connection. If the model had paused before, nothing may be missing. */
  function noteLoss() {
    const lost = silentStore.get() || isLost(connectionStore.get());
    if (!lost) return;
    const brokenOff = performance.now() - lastTextAt < FLOWING;
    store.set({ ...unseen(store.get()), ...(brokenOff && { brokenOff }) });
  }

  function end(message?: Message) {
    // Must precede the change of the state, whose listeners would otherwise follow the reply again.
    following.delete(id);
    stop();
    if (message) {
      change((state) => {
        const list = state.messages[conversationId];
        return list ? { ...state, messages: { ...state.messages, [conversationId]: withUpdates(list, message) } } : state;
      });
      replies.delete(id);
      announceEnd(message);
    }
  }

  const watching = [watchForSilence(), silentStore.subscribe(noteLoss), connectionStore.subscribe(noteLoss)];
  function stop() {
    clearTimeout(timer);
    leave();
    watching.forEach((unsubscribe) => unsubscribe());
  }

  following.set(id, stop);
  subscribe();
}
