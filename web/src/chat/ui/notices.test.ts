import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ApiError } from '../graphql/apiError';
import { dismiss, holdNotice, releaseNotice, notify, notifyFailure, noticesStore } from './notices';

const shown = () => noticesStore.get().map(({ text }) => text);

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  noticesStore.set([]);
  vi.useRealTimers();
});

test('a notice expires, but one with an action stays until it is dismissed', () => {
  notify('for a while');
  const kept = notify('with an action', { action: { label: 'Undo', run() {} } });
  vi.advanceTimersByTime(60_000);
  expect(shown()).toEqual(['with an action']);
  dismiss(kept);
  expect(shown()).toEqual([]);
});

test('a notice that is held does not expire, and its time starts over afterwards', () => {
  const onExpire = vi.fn();
  const onDeadline = vi.fn();
  const id = notify('with a time', { action: { label: 'Undo', run() {} }, lifetime: { duration: 7_000, onDeadline, onExpire } });
  vi.advanceTimersByTime(6_999);
  holdNotice(id);
  vi.advanceTimersByTime(600_000);
  expect(onDeadline.mock.lastCall![0]).toBeGreaterThan(Date.now());
  releaseNotice(id);
  expect(onDeadline).toHaveBeenLastCalledWith(Date.now() + 7_000);
  vi.advanceTimersByTime(6_999);
  expect(onExpire).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(onExpire).toHaveBeenCalledOnce();
  dismiss(id);
  releaseNotice(id);
  vi.advanceTimersByTime(60_000);
  expect(onExpire).toHaveBeenCalledOnce();
});

test('equal notices are shown once, and no more than three at a time', () => {
  for (const text of ['a', 'b', 'b', 'c', 'a', 'd']) notify(text);
  expect(shown()).toEqual(['c', 'a', 'd']);
});

test('an error notice has the reason, and when to try again', () => {
  notifyFailure(new ApiError({ code: 'RATE_LIMITED', message: 'too many', retryAfter: 7 }));
  notifyFailure(new ApiError({ code: 'BAD_USER_INPUT', message: '`title` must have 1 to 200 characters.' }));
  expect(shown()).toEqual([
    'Couldn’t save: Too many attempts. Try again in 7 seconds.',
    'Couldn’t save: `title` must have 1 to 200 characters.',
  ]);
});
