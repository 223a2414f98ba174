import { expect, test } from 'vitest';
import { withFirstPage, withPage, type Conversation } from '../conversations/list';
import { withLastPage, withMessages, type Message, type MessageList } from '../messages/list';
import { noState, type State } from '../state';
import { applyChange, type Change } from './reduce';
import { noParameters } from '../conversations/generation';

const conversation = (id: string, minute: number): Conversation => ({
  id, title: id, systemPrompt: null, model: null, generation: noParameters, createdAt: at(minute), updatedAt: at(minute), archivedAt: null, pinnedAt: null,
});
const message = (id: string, minute: number, status: Message['status'] = 'COMPLETED', content = id): Message => ({
  id, parent: null, role: 'USER', content, status, model: null, createdAt: at(minute), finishReason: null, rating: null, ratingNote: null, error: null, usage: null,
  context: null,
});
const at = (minute: number) => `2026-01-01T00:${String(minute).padStart(2, '0')}:00.000000Z`;
const page = (nodes: Conversation[], endCursor: string | null = null) => ({ nodes, pageInfo: { hasNextPage: !!endCursor, endCursor } });
const messagePage = (nodes: Message[], startCursor: string | null = null) => ({ nodes, pageInfo: { hasPreviousPage: !!startCursor, startCursor } });
const added = (to: Conversation, what: Message): Change => ({ __typename: 'MessageAdded', cursor: '', message: { ...what, onBranch: true, conversation: to } });
const ids = (list: MessageList | undefined) => list?.items.map(({ id }) => id);
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

test('messages of another branch that were there before a page was requested are removed', () => {
  const list = withLastPage(undefined, messagePage([message('1', 1), message('2', 2), message('3', 3)]));
  const page = messagePage([message('1', 1), message('4', 4)]);
  expect(ids(withLastPage(list, page))).toEqual(['1', '4']);
  const sent = withMessages(list, message('5', 5));
  expect(ids(withLastPage(sent, page, list.items)), 'a message sent meanwhile is kept').toEqual(['1', '4', '5']);
});

test('messages are sorted by time, whatever order they arrive in', () => {
  const list = withMessages(state().messages.a!, message('3', 13), message('2', 12));
  expect(list.items.map(({ id }) => id)).toEqual(['1', '2', '3']);
});

/** A branch of the conversation `a`: each message is the parent of the next one. */
function branch(...names: string[]): State {
  const items = names.map((id, index) => ({ ...message(id, index), parent: index > 0 ? { id: names[index - 1]! } : null }));
  return { ...state(), messages: { a: { items, startCursor: 'c' } } };
}
const switched = (fork: string | null, head: string): Change => ({
  __typename: 'BranchSwitched', cursor: '', conversation: { ...conversation('a', 30), head: { id: head } }, fork: fork === null ? null : { id: fork },
});

test('when another branch becomes active, the messages after the fork are removed', () => {
  const next = applyChange(branch('1', '2', '3'), switched('1', 'x'));
  expect(ids(next.messages.a)).toEqual(['1']);
  expect(next.messages.a).toMatchObject({ branched: true, startCursor: 'c' });
  expect(titles(next)).toEqual(['a', 'b']);
  const again = applyChange(branch('1', '2'), switched(null, 'x'));
  expect(again.messages.a).toMatchObject({ items: [], startCursor: undefined });
});

test('a branch that the response has shown already is not removed by the late event', () => {
  expect(ids(applyChange(branch('1', '2b', '3b'), switched('1', '3b')).messages.a)).toEqual(['1', '2b', '3b']);
  expect(ids(applyChange(branch('1b', '2b'), switched(null, '2b')).messages.a)).toEqual(['1b', '2b']);
  // The response to a message was faster than the event about the branch that it continues.
  const state = branch('1', '2', '3');
  const sent = { ...message('5', 5), parent: { id: '4b' } };
  const mixed = { ...state, messages: { a: withMessages(state.messages.a!, sent) } };
  expect(ids(applyChange(mixed, switched('1', '5')).messages.a)).toEqual(['1']);
});

test('a message on another branch is not added', () => {
  const late = added(conversation('a', 30), { ...message('2', 2) }) as Change & { __typename: 'MessageAdded' };
  const offBranch: Change = { ...late, message: { ...late.message!, onBranch: false } };
  expect(ids(applyChange(state(), offBranch).messages.a)).toEqual(['1']);
  const ended: Change = { ...late, __typename: 'ReplyEnded' };
  expect(ids(applyChange(state(), ended).messages.a)).toEqual(['1']);
});
