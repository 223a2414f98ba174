import { expect, test } from 'vitest';
import { archivedOf, conversationOf, noConversations, withConversation, withFirstPage, withoutConversation, type Conversation } from './list';
import { noParameters } from './generation';

function conversation(id: string, updatedAt: string): Conversation {
  return { id, title: `Of ${id}`, systemPrompt: null, model: null, generation: noParameters, createdAt: updatedAt, updatedAt, archivedAt: null, pinnedAt: null };
}

const recent = conversation('recent', '2026-03-02T00:00:00Z');
const old = conversation('old', '2026-03-01T00:00:00Z');
const page = { nodes: [recent], pageInfo: { hasNextPage: true, endCursor: 'cursor' } };
const list = withFirstPage(noConversations, page);

test('a conversation opened before its page is loaded is known, but not listed', () => {
  const opened = withConversation(list, old);
  expect(opened.items).toEqual([recent]);
  expect(conversationOf(opened, 'old')).toEqual(old);
});

test('a new message moves such a conversation to the front of the list', () => {
  const spoken = { ...old, updatedAt: '2026-03-03T00:00:00Z' };
  const after = withConversation(withConversation(list, old), spoken);
  expect(after.items).toEqual([spoken, recent]);
  expect(conversationOf(after, 'old')).toBe(spoken);
});

test('a deleted conversation is not known', () => {
  expect(conversationOf(withoutConversation(withConversation(list, old), 'old'), 'old')).toBeUndefined();
});

test('an archived conversation is known, but not listed', () => {
  const archived = { ...recent, archivedAt: '2026-03-04T00:00:00Z' };
  const after = withConversation(list, archived);
  expect(after.items).toEqual([]);
  expect(conversationOf(after, 'recent')).toBe(archived);
  expect(withConversation(after, recent).items).toEqual([recent]);

  expect(archivedOf(after, []), 'before its page is loaded').toEqual([archived]);
  const other = { ...old, archivedAt: '2026-03-04T00:00:00Z' };
  expect(archivedOf(after, [other])).toEqual([archived, other]);
  expect(archivedOf(withConversation(after, old), [other]), 'it was unarchived since').toEqual([archived]);
  expect(archivedOf(withoutConversation(after, 'recent'), [other])).toEqual([other]);
});

test('a pinned conversation is listed whatever its page is, until it is unpinned', () => {
  const pinned = { ...old, pinnedAt: '2026-03-04T00:00:00Z' };
  const after = withConversation(list, pinned);
  expect(after.items).toEqual([recent, pinned]);
  expect(withConversation(after, old).items).toEqual([recent]);
  // It does not tell how far the list is loaded.
  const older = conversation('older', '2026-02-01T00:00:00Z');
  expect(withConversation(withConversation(after, { ...older, pinnedAt: '2026-03-04T00:00:00Z' }), old).items.map(({ id }) => id)).toEqual(['recent', 'older']);
});
