import { expect, test } from 'vitest';
import { beginning } from './cut';

test.each(['🇩🇪', '👩\u200d👩\u200d👧\u200d👦', '👍🏽', 'e\u0301', 'षि'])('%s is not split', (cluster) => {
  const text = `abc${cluster}d`;
  const length = [...cluster].length;
  for (let longest = 3; longest < 3 + length; longest++) expect(beginning(text, longest)).toBe('abc');
  expect(beginning(text, 3 + length)).toBe(`abc${cluster}`);
  expect(beginning(text, 4 + length)).toBe(text);
});

test('a short text is unchanged, and a long one keeps as many characters as fit', () => {
  expect(beginning('', 3)).toBe('');
  expect(beginning('🦀🦀', 2)).toBe('🦀🦀');
  expect(beginning('🦀'.repeat(10_000), 3)).toBe('🦀🦀🦀');
});
