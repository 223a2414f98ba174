import { expect, test } from 'vitest';
import { accountTexts } from '../texts';
import { ago, day } from './relativeTime';

const now = Date.parse('2026-03-10T12:00:00Z');

test('a recent time is shown in minutes, hours or days', () => {
  expect(ago('2026-03-10T11:15:00.000000Z', now)).toBe('45 minutes ago');
  expect(ago('2026-03-10T09:30:00.000000Z', now)).toBe('2 hours ago');
  expect(ago('2026-03-07T09:30:00.000000Z', now)).toBe('3 days ago');
});

test('a time long past is shown as a date', () => {
  expect(ago('2025-11-02T12:00:00.000000Z', now)).toBe(day('2025-11-02T12:00:00.000000Z'));
});

test('a time ahead of a slow clock is shown as now', () => {
  expect(ago('2026-03-10T12:03:00.000000Z', now)).toBe(accountTexts.justNow);
});
