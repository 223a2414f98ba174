import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { keptHere } from '../kept';
import { begunAs, noteBegun } from './begun';

beforeEach(() => vi.useFakeTimers({ toFake: ['Date'] }));
afterEach(() => vi.useRealTimers());

test('the latest names are stored, and older ones removed', () => {
  for (let index = 0; index < 200; index++) {
    vi.setSystemTime(index);
    noteBegun('ada', `new_${index}`, `conversation_${index}`);
  }
  expect(begunAs('ada', 'new_199')).toBe('conversation_199');
  expect(begunAs('ada', 'new_150')).toBe('conversation_150');
  expect(keptHere.keys().filter((key) => key.startsWith('confab:begun:'))).toHaveLength(50);
});

test('names of another user and unreadable entries are ignored', () => {
  noteBegun('ada', 'new_a', 'conversation_a');
  expect(begunAs('bob', 'new_a')).toBeUndefined();
  keptHere.set('confab:begun:ada:new_b', '{');
  expect(begunAs('ada', 'new_b')).toBeUndefined();
});
