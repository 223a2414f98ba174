import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Refusal } from '../graphql/refusal';
import { dismiss, hold, letGo, notify, notifyRefusal, noticesStore } from './notices';

const said = () => noticesStore.get().map(({ text }) => text);

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  noticesStore.set([]);
  vi.useRealTimers();
});

test('a notice expires, but one with an action stays until it is dismissed', () => {
  notify('for a while');
  const kept = notify('with an action', { action: { label: 'Undo', run() {} } });
  vi.advanceTimersByTime(60_000);
  expect(said()).toEqual(['with an action']);
  dismiss(kept);
  expect(said()).toEqual([]);
});

test('a notice that is held does not expire, and its time starts over afterwards', () => {
  const over = vi.fn();
  const until = vi.fn();
  const id = notify('with a time', { action: { label: 'Undo', run() {} }, time: { lasts: 7_000, until, over } });
  vi.advanceTimersByTime(6_999);
  hold(id);
  vi.advanceTimersByTime(600_000);
  expect(until.mock.lastCall![0]).toBeGreaterThan(Date.now());
  letGo(id);
  expect(until).toHaveBeenLastCalledWith(Date.now() + 7_000);
  vi.advanceTimersByTime(6_999);
  expect(over).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(over).toHaveBeenCalledOnce();
  dismiss(id);
  letGo(id);
  vi.advanceTimersByTime(60_000);
  expect(over).toHaveBeenCalledOnce();
});

test('equal notices are shown once, and no more than three at a time', () => {
  for (const text of ['a', 'b', 'b', 'c', 'a', 'd']) notify(text);
  expect(said()).toEqual(['c', 'a', 'd']);
});

test('an error notice has the reason, and when to try again', () => {
  notifyRefusal(new Refusal({ code: 'RATE_LIMITED', message: 'too many', retryAfter: 7 }));
  notifyRefusal(new Refusal({ code: 'BAD_USER_INPUT', message: '`title` must have 1 to 200 characters.' }));
  expect(said()).toEqual([
    'Couldn’t save: Too many attempts. Try again in 7 seconds.',
    'Couldn’t save: `title` must have 1 to 200 characters.',
  ]);
});
