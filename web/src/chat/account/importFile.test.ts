import { expect, test } from 'vitest';
import { ApiError } from '../graphql/apiError';
import { accountTexts } from '../texts';
import { summaryOf } from './importFile';

const failure = (status: number, body: string): ApiError => {
  try {
    summaryOf(status, body);
  } catch (error) {
    return error as ApiError;
  }
  throw new Error('no error');
};

test('a file that was read in part has a summary', () => {
  const summary = { imported: 2, present: 0, skipped: 0, reasons: [], error: 'The file ends too early.' };
  expect(summaryOf(400, JSON.stringify(summary))).toEqual(summary);
});

test('a file that was refused unread has an error', () => {
  const limited = failure(429, JSON.stringify({ errors: [{ message: 'Wait.', extensions: { code: 'RATE_LIMITED', retryAfter: 9 } }] }));
  expect(limited).toMatchObject({ code: 'RATE_LIMITED', message: 'Wait.', retryAfter: 9 });
  expect(failure(413, '<html>').message).toBe(accountTexts.fileTooLarge);
  expect(failure(502, '<html>').code).toBe('UNAVAILABLE');
  expect(failure(415, 'null').message).toBe(accountTexts.fileRefused(415));
});
