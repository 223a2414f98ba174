import { expect, test, vi } from 'vitest';
import { runSoon } from './timeSlices';

test('tasks run at once, until they have taken a slice of time', () => {
  vi.useFakeTimers();
  let now = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => now);
  const done: number[] = [];
  // Each takes 4 ms, so three fill a slice of 10 ms.
  for (let index = 1; index <= 8; index++) {
    runSoon(() => {
      now += 4;
      done.push(index);
    });
  }
  expect(done).toEqual([1, 2, 3]);
  vi.advanceTimersToNextTimer();
  expect(done).toEqual([1, 2, 3, 4, 5, 6]);
  vi.advanceTimersToNextTimer();
  expect(done).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  vi.restoreAllMocks();
  vi.useRealTimers();
});
