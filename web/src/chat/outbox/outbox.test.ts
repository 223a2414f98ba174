import { expect, test } from 'vitest';
import { entriesOf, inputOf, nextToSend, type Entry } from './outbox';

const entry = (key: string, conversation: string, at: number, refused?: Entry['refused']): Entry => ({ key, conversation, content: key, at, refused });
const keys = (entries: Entry[]) => entries.map(({ key }) => key);

test('the oldest entry of each conversation is sent first', () => {
  const entries = [entry('b', 'x', 2), entry('a', 'x', 1), entry('c', 'y', 3)];
  expect(keys(nextToSend(entries, new Set()))).toEqual(['a', 'c']);
  expect(keys(nextToSend(entries, new Set(['x'])))).toEqual(['c']);
  expect(keys(entriesOf(entries, 'x'))).toEqual(['a', 'b']);
});

test('a refused entry waits for the user and does not block the others', () => {
  const entries = [entry('a', 'x', 1, { code: 'BAD_USER_INPUT', message: '' }), entry('b', 'x', 2)];
  expect(keys(nextToSend(entries, new Set()))).toEqual(['b']);
});

test('an entry has the same input on every attempt', () => {
  expect(inputOf(entry('a', 'new_1', 1))).toEqual({
    conversationId: null,
    systemPrompt: null,
    generation: null,
    content: 'a',
    model: null,
    idempotencyKey: 'a',
  });
  const instructed = { ...entry('a', 'new_1', 1), systemPrompt: 'Be brief.' };
  expect(inputOf(instructed).systemPrompt).toBe('Be brief.');
  expect(inputOf({ ...instructed, conversation: 'conversation_1' }).systemPrompt, 'the conversation exists by now').toBeNull();
  expect(inputOf(entry('a', 'conversation_1', 1)).conversationId).toBe('conversation_1');
});
