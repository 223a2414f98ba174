import { useSyncExternalStore } from 'react';
import { createStore } from '../store';
import { noConversations, type ConversationList } from './conversations/list';
import type { MessageList } from './messages/list';

/** What the page knows of the server's objects. Never changed in place; the functions beside each type make the next one. */
export interface State {
  readonly conversations: ConversationList;
  /** By conversation; those that have been opened. */
  readonly messages: Readonly<Record<string, MessageList>>;
}

export const noState: State = { conversations: noConversations, messages: {} };

export const stateStore = createStore<State>(noState);

export function change(next: (state: State) => State): void {
  stateStore.set(next(stateStore.get()));
}

/** A part of the state; the component is drawn anew when that part changes. */
export function useStateOf<T>(part: (state: State) => T): T {
  return useSyncExternalStore(stateStore.subscribe, () => part(stateStore.get()));
}
