import { expect, test } from 'vitest';
import { dateAndTime, period } from './dates';

const now = new Date(2026, 2, 1, 9, 30);

test.each([
  [new Date(2026, 2, 1, 0, 0), 'Today'],
  [new Date(2026, 2, 2, 0, 0), 'Today'], // from a clock that is ahead
  [new Date(2026, 1, 28, 23, 59), 'Yesterday'],
  [new Date(2026, 1, 27, 12, 0), 'Last 7 days'],
  [new Date(2026, 1, 3, 12, 0), 'Last 30 days'],
  [new Date(2025, 11, 24, 12, 0), 'December 2025'],
])('%s is listed under %s', (date, expected) => expect(period(date, now)).toBe(expected));

test('the time has the day if it is not today, and the year if it is not this year', () => {
  expect(dateAndTime(new Date(2026, 2, 1, 8, 5), now)).toMatch(/^0?8:05/);
  expect(dateAndTime(new Date(2026, 1, 28, 8, 5), now)).toMatch(/28.*8:05/);
  expect(dateAndTime(new Date(2025, 1, 28, 8, 5), now)).toMatch(/2025.*8:05/);
});
