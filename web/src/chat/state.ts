import { useSyncExternalStore } from 'react';
import { createStore } from '../store';
import { noConversations, type ConversationList } from './conversations/list';
import type { MessageList } from './messages/list';

/** The server's objects that the page has loaded. Immutable: the functions beside each type return the next version. */
export interface State {
  readonly conversations: ConversationList;
  /** By conversation ID, for the conversations that have been opened. */
  readonly messages: Readonly<Record<string, MessageList>>;
}

export const noState: State = { conversations: noConversations, messages: {} };

export const stateStore = createStore<State>(noState);

export function change(next: (state: State) => State): void {
  stateStore.set(next(stateStore.get()));
}

/** Selects a part of the state. The component renders again when that part changes. */
export function useStateOf<T>(part: (state: State) => T): T {
  return useSyncExternalStore(stateStore.subscribe, () => part(stateStore.get()));
}
