import { expect, test } from 'vitest';
import { matchedParts, wordsOf } from './match';

const marked = (text: string, query: string) =>
  matchedParts(text, wordsOf(query))
    ?.map(({ text, matched }) => (matched ? `[${text}]` : text))
    .join('');

test('all words must occur, in any order', () => {
  expect(marked('Baking bread at home', 'home bread')).toBe('Baking [bread] at [home]');
  expect(marked('Baking bread', 'bread butter')).toBeUndefined();
  expect(marked('Baking bread', '')).toBe('Baking bread');
});

test('a match ignores case, accents and punctuation, and keeps the text', () => {
  expect(marked('Crème Brûlée', 'CREME, brul')).toBe('[Crème] [Brûl]ée');
  expect(marked('İstanbul ﬁne', 'istanbul fine')).toBe('[İstanbul] [ﬁne]');
  expect(marked('👍🏽 thumbs', 'thumbs')).toBe('👍🏽 [thumbs]');
});

test('each place of a word is marked', () => {
  expect(marked('anana', 'an')).toBe('[anan]a');
});
