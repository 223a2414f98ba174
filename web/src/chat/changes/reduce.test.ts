import { expect, test } from 'vitest';
import { withFirstPage, withPage, type Conversation } from '../conversations/list';
import { withLastPage, withMessages, type Message } from '../messages/list';
import { noState, type State } from '../state';
import { applyChange, type Change } from './reduce';
import { noParameters } from '../conversations/generation';

const conversation = (id: string, minute: number): Conversation => ({
  id, title: id, systemPrompt: null, model: null, generation: noParameters, createdAt: at(minute), updatedAt: at(minute),
});
const message = (id: string, minute: number, status: Message['status'] = 'COMPLETED', content = id): Message => ({
  id, role: 'USER', content, status, model: null, createdAt: at(minute), finishReason: null, error: null, usage: null,
});
const at = (minute: number) => `2026-01-01T00:${String(minute).padStart(2, '0')}:00.000000Z`;
const page = (nodes: Conversation[], endCursor: string | null = null) => ({ nodes, pageInfo: { hasNextPage: !!endCursor, endCursor } });
const messagePage = (nodes: Message[], startCursor: string | null = null) => ({ nodes, pageInfo: { hasPreviousPage: !!startCursor, startCursor } });
const added = (to: Conversation, what: Message): Change => ({ __typename: 'MessageAdded', cursor: '', message: { ...what, conversation: to } });
const titles = (state: State) => state.conversations.items.map(({ id }) => id);

function state(endCursor?: string): State {
  const conversations = withFirstPage(noState.conversations, page([conversation('b', 20), conversation('a', 10)], endCursor));
  return { conversations, messages: { a: withLastPage(undefined, messagePage([message('1', 10)])) } };
}

test('a new message moves its conversation to the top and is added once', () => {
  const change = added(conversation('a', 30), message('2', 30));
  const next = applyChange(applyChange(state(), change), change);
  expect(titles(next)).toEqual(['a', 'b']);
  expect(next.messages.a!.items.map(({ id }) => id)).toEqual(['1', '2']);
});

test('messages of a conversation that is not open are not stored', () => {
  expect(applyChange(state(), added(conversation('b', 30), message('2', 30))).messages.b).toBeUndefined();
});

test('a late event does not make a finished reply unfinished', () => {
  const finished = withMessages(state().messages.a!, message('r', 11, 'COMPLETED', 'all of it'));
  expect(withMessages(finished, message('r', 11, 'PENDING', '')).items.at(-1)!.content).toBe('all of it');
});

test('a page requested before a deletion does not bring the conversation back', () => {
  const next = applyChange(state(), { __typename: 'ConversationDeleted', cursor: '', conversationId: 'a' });
  expect(titles(next)).toEqual(['b']);
  expect(next.messages.a).toBeUndefined();
  expect(withPage(next.conversations, page([conversation('a', 10)])).items.map(({ id }) => id)).toEqual(['b']);
});

test('a conversation on a page that is not loaded yet is listed with that page', () => {
  const renamed: Change = { __typename: 'ConversationChanged', cursor: '', conversation: conversation('old', 1) };
  expect(titles(applyChange(state('more'), renamed))).toEqual(['b', 'a']);
  expect(titles(applyChange(state(), renamed))).toEqual(['b', 'a', 'old']);
});

test('after a long break, a last page that does not overlap replaces the list', () => {
  const list = withLastPage(undefined, messagePage([message('1', 1), message('2', 2)]));
  expect(withLastPage(list, messagePage([message('2', 2), message('3', 3)], 'c')).items).toHaveLength(3);
  expect(withLastPage(list, messagePage([message('8', 8), message('9', 9)], 'c'))).toMatchObject({ startCursor: 'c', items: { length: 2 } });
});

test('messages are sorted by time, whatever order they arrive in', () => {
  const list = withMessages(state().messages.a!, message('3', 13), message('2', 12));
  expect(list.items.map(({ id }) => id)).toEqual(['1', '2', '3']);
});
