import { expect, test } from 'vitest';
import { withoutRetried } from './retried';
import type { Message } from './list';

const message = (id: string, rest: Partial<Message>): Message => ({
  id, role: 'USER', content: '', status: 'COMPLETED', model: null, createdAt: '', finishReason: null, error: null, usage: null, ...rest,
});
const asked = (id: string, content = 'Anybody there?') => message(id, { content });
const failed = (id: string, content = '') => message(id, { role: 'ASSISTANT', status: 'FAILED', content });
const replied = (id: string, status: Message['status'] = 'COMPLETED') => message(id, { role: 'ASSISTANT', status, content: status === 'PENDING' ? '' : 'Yes.' });
const shown = (...messages: Message[]) => withoutRetried(messages).map(({ id }) => id).join('');

test('a question that was retried after an empty failed reply is shown once', () => {
  expect(shown(asked('a'), failed('b'), asked('c'), replied('d'))).toBe('cd');
  expect(shown(asked('a'), failed('b'), asked('c'), replied('d', 'PENDING'))).toBe('cd');
  expect(shown(asked('a'), failed('b'), asked('c'))).toBe('c');
  expect(shown(replied('0'), asked('a'), failed('b'), asked('c'), failed('d'), asked('e'), failed('f'))).toBe('0ef');
});

test('nothing else is hidden', () => {
  expect(shown(asked('a'), failed('b'))).toBe('ab');
  expect(shown(asked('a'), failed('b'), asked('c', 'Hello?'), replied('d'))).toBe('abcd');
  expect(shown(asked('a'), failed('b', 'Half an'), asked('c'), replied('d'))).toBe('abcd');
  expect(shown(asked('a'), replied('b'), asked('c'), replied('d'))).toBe('abcd');
  expect(shown(asked('a'), asked('b'), failed('c'), replied('d'))).toBe('abcd');
  // The question is on the previous page.
  expect(shown(failed('b'), asked('c'), replied('d'))).toBe('bcd');
});

test('a question that was retried after another one is shown twice', () => {
  expect(shown(asked('a'), failed('b'), asked('x', 'And?'), replied('y'), asked('c'), replied('d'))).toBe('abxycd');
});
