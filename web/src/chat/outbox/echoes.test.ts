import { beforeEach, expect, test, vi } from 'vitest';
import type { Message } from '../messages/list';
import type { Entry } from './outbox';

// The window that `storage.ts` listens to.
vi.stubGlobal('addEventListener', () => {});
const { echoesStore, noteEcho } = await import('./echoes');
const { outboxStore } = await import('./storage');

const entry = (key: string, conversation: string, at: number): Entry => ({ key, conversation, content: 'Hello.', at });
const message = { role: 'USER', content: 'Hello.' } as Message;
const echoes = () => [...echoesStore.get()];

beforeEach(() => {
  outboxStore.set([]);
  echoesStore.set(new Set());
});

test('of two of the same words the first is told of first', () => {
  outboxStore.set([entry('b', 'x', 2), entry('a', 'x', 1), entry('c', 'y', 0)]);
  noteEcho('x', message);
  expect(echoes()).toEqual(['a']);
  noteEcho('x', message);
  expect(echoes()).toEqual(['a', 'b']);
});

test('a conversation that begins has a name of its own still', () => {
  outboxStore.set([entry('a', 'new_1', 1)]);
  noteEcho('x', message);
  expect(echoes()).toEqual(['a']);
});

test('an entry may be heard of late, but none is hidden that is written later', () => {
  const before = Date.now() - 1;
  noteEcho('x', message);
  outboxStore.set([entry('later', 'x', Date.now() + 1000)]);
  expect(echoes()).toEqual([]);
  outboxStore.set([entry('earlier', 'x', before)]);
  expect(echoes()).toEqual(['earlier']);
});

test('what the model says is no echo', () => {
  outboxStore.set([entry('a', 'x', 1)]);
  noteEcho('x', { ...message, role: 'ASSISTANT' });
  expect(echoes()).toEqual([]);
});
