import { expect, test } from 'vitest';
import { accountTexts } from '../texts';
import { deviceOf } from './device';

test('a browser is named with its operating system', () => {
  const firefox = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';
  const safari =
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1';
  expect(deviceOf(firefox)).toBe('Firefox on Linux');
  expect(deviceOf(safari)).toBe('Safari on iOS');
});

test('other programs are named as they name themselves', () => {
  expect(deviceOf('curl/8.5.0')).toBe('curl/8.5.0');
  expect(deviceOf('my script')).toBe('my script');
});

test('without a user agent the device is unknown', () => {
  expect(deviceOf(null)).toBe(accountTexts.unknownDevice);
  expect(deviceOf('')).toBe(accountTexts.unknownDevice);
});
