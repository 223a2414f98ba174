import { expect, test } from 'vitest';
import { cutText, splitText } from './split';

test('a text is split between paragraphs, else lines, else words', () => {
  expect(splitText('One two.\n\nThree\nfour.', 15)).toEqual(['One two.', 'Three\nfour.']);
  expect(splitText('def f():\n    return 1', 14)).toEqual(['def f():', '    return 1']);
  expect(splitText('one two three four', 10)).toEqual(['one two', 'three four']);
});

test('a text without spaces is split between characters, as the server counts them', () => {
  expect(splitText('🦉'.repeat(5), 2)).toEqual(['🦉🦉', '🦉🦉', '🦉']);
});

test('no message is blank, and only space is lost', () => {
  const text = `first${' '.repeat(50)}last`;
  expect(splitText(text, 10)).toEqual(['first', 'last']);
  const words = Array.from({ length: 500 }, (_, index) => `word${index}${index % 7 ? ' ' : '\n\n'}`).join('');
  const messages = splitText(words, 100);
  expect(messages.every((message) => message.length <= 100)).toBe(true);
  expect(messages.join(' ').split(/\s+/)).toEqual(words.trim().split(/\s+/));
});

test('the end is cut off after a word', () => {
  expect(cutText('one two three', 9)).toBe('one two');
  expect(cutText('one two', 9)).toBe('one two');
  expect(cutText('🦉'.repeat(300), 250)).toBe('🦉'.repeat(250));
});
