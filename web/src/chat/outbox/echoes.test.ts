import { beforeEach, expect, test, vi } from 'vitest';
import type { Message } from '../messages/list';
import type { Entry } from './outbox';

// The window whose events `storage.ts` listens to.
vi.stubGlobal('addEventListener', () => {});
const { echoesStore, recordEcho } = await import('./echoes');
const { outboxStore } = await import('./storage');

const entry = (key: string, conversation: string, at: number): Entry => ({ key, conversation, content: 'Hello.', at });
const message = { role: 'USER', content: 'Hello.' } as Message;
const echoes = () => [...echoesStore.get()];

beforeEach(() => {
  outboxStore.set([]);
  echoesStore.set(new Set());
});

test('of two equal messages, the older one is matched first', () => {
  outboxStore.set([entry('b', 'x', 2), entry('a', 'x', 1), entry('c', 'y', 0)]);
  recordEcho('x', message);
  expect(echoes()).toEqual(['a']);
  recordEcho('x', message);
  expect(echoes()).toEqual(['a', 'b']);
});

test('a message that starts a chat is matched although its conversation has a temporary name', () => {
  outboxStore.set([entry('a', 'new_1', 1)]);
  recordEcho('x', message);
  expect(echoes()).toEqual(['a']);
});

test('an entry stored after the event is matched, unless it was written after it', () => {
  const before = Date.now() - 1;
  recordEcho('x', message);
  outboxStore.set([entry('later', 'x', Date.now() + 1000)]);
  expect(echoes()).toEqual([]);
  outboxStore.set([entry('earlier', 'x', before)]);
  expect(echoes()).toEqual(['earlier']);
});

test('a reply is not an echo', () => {
  outboxStore.set([entry('a', 'x', 1)]);
  recordEcho('x', { ...message, role: 'ASSISTANT' });
  expect(echoes()).toEqual([]);
});
