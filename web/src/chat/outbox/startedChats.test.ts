import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { sharedStorage } from '../deviceStorage';
import { startedAs, recordStarted } from './startedChats';

beforeEach(() => vi.useFakeTimers({ toFake: ['Date'] }));
afterEach(() => vi.useRealTimers());

test('the latest names are stored, and older ones removed', () => {
  for (let index = 0; index < 200; index++) {
    vi.setSystemTime(index);
    recordStarted('ada', `new_${index}`, `conversation_${index}`);
  }
  expect(startedAs('ada', 'new_199')).toBe('conversation_199');
  expect(startedAs('ada', 'new_150')).toBe('conversation_150');
  expect(sharedStorage.keys().filter((key) => key.startsWith('confab:begun:'))).toHaveLength(50);
});

test('names of another user and unreadable entries are ignored', () => {
  recordStarted('ada', 'new_a', 'conversation_a');
  expect(startedAs('bob', 'new_a')).toBeUndefined();
  sharedStorage.set('confab:begun:ada:new_b', '{');
  expect(startedAs('ada', 'new_b')).toBeUndefined();
});
