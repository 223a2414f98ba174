import { expect, test } from 'vitest';
import { withoutRetried } from './retried';
import type { Message } from './list';

const message = (id: string, rest: Partial<Message>): Message => ({
  id, role: 'USER', content: '', status: 'COMPLETED', model: null, createdAt: '', finishReason: null, error: null, usage: null, ...rest,
});
const asked = (id: string, content = 'Anybody there?') => message(id, { content });
const failed = (id: string, content = '') => message(id, { role: 'ASSISTANT', status: 'FAILED', content });
const said = (id: string, status: Message['status'] = 'COMPLETED') => message(id, { role: 'ASSISTANT', status, content: status === 'PENDING' ? '' : 'Yes.' });
const shown = (...messages: Message[]) => withoutRetried(messages).map(({ id }) => id).join('');

test('a question that was retried after an empty failed reply is shown once', () => {
  expect(shown(asked('a'), failed('b'), asked('c'), said('d'))).toBe('cd');
  expect(shown(asked('a'), failed('b'), asked('c'), said('d', 'PENDING'))).toBe('cd');
  expect(shown(asked('a'), failed('b'), asked('c'))).toBe('c');
  expect(shown(said('0'), asked('a'), failed('b'), asked('c'), failed('d'), asked('e'), failed('f'))).toBe('0ef');
});

test('nothing else is hidden', () => {
  expect(shown(asked('a'), failed('b'))).toBe('ab');
  expect(shown(asked('a'), failed('b'), asked('c', 'Hello?'), said('d'))).toBe('abcd');
  expect(shown(asked('a'), failed('b', 'Half an'), asked('c'), said('d'))).toBe('abcd');
  expect(shown(asked('a'), said('b'), asked('c'), said('d'))).toBe('abcd');
  expect(shown(asked('a'), asked('b'), failed('c'), said('d'))).toBe('abcd');
  // The question is on the previous page.
  expect(shown(failed('b'), asked('c'), said('d'))).toBe('bcd');
});

test('a question that was retried after another one is shown twice', () => {
  expect(shown(asked('a'), failed('b'), asked('x', 'And?'), said('y'), asked('c'), said('d'))).toBe('abxycd');
});
