import { expect, test } from 'vitest';
import { truncate } from './truncate';

test.each(['🇩🇪', '👩\u200d👩\u200d👧\u200d👦', '👍🏽', 'e\u0301', 'षि'])('%s is not split', (cluster) => {
  const text = `abc${cluster}d`;
  const length = [...cluster].length;
  for (let longest = 3; longest < 3 + length; longest++) expect(truncate(text, longest)).toBe('abc');
  expect(truncate(text, 3 + length)).toBe(`abc${cluster}`);
  expect(truncate(text, 4 + length)).toBe(text);
});

test('a short text is unchanged, and a long one keeps as many characters as fit', () => {
  expect(truncate('', 3)).toBe('');
  expect(truncate('🦀🦀', 2)).toBe('🦀🦀');
  expect(truncate('🦀'.repeat(10_000), 3)).toBe('🦀🦀🦀');
});
