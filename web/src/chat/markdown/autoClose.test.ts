import type { Token } from 'marked';
import { expect, test } from 'vitest';
import { autoClosed } from './autoClose';
import { parseBlocks } from './blocks';

/** The visible text with its formatting, while the text grows. */
function seen(markdown: string): string {
  const one = (token: Token): string => {
    if (token.type === 'space' || token.type === 'br') return token.raw;
    if (token.type === 'table') return `table(${token.header.map(({ tokens }: { tokens: Token[] }) => tokens.map(one).join('')).join()})`;
    if (token.type === 'list') return token.items.map((item: Token) => `item(${one(item)})`).join('');
    const inside = 'tokens' in token && token.tokens ? token.tokens.map(one).join('') : 'text' in token ? token.text : token.raw;
    return ['text', 'paragraph', 'list_item', 'escape'].includes(token.type) ? inside : `${token.type}(${inside})`;
  };
  const { blocks } = parseBlocks(markdown);
  return [...blocks.slice(0, -1), ...autoClosed(blocks.at(-1)!)].map(one).join('');
}

test.each([
  ['It is **bo', 'It is strong(bo)'],
  ['It is **bold*', 'It is strong(bold)'],
  ['It is *it', 'It is em(it)'],
  ['It is ***bo', 'It is em(strong(bo))'],
  ['It is **bold and *it', 'It is strong(bold and em(it))'],
  ['It is ~~go', 'It is del(go)'],
  ['It is ~~gone~', 'It is del(gone)'],
  ['Run `cargo te', 'Run codespan(cargo te)'],
  ['Run ``a ` b', 'Run codespan(a ` b)'],
  ['See [the bo', 'See the bo'],
  ['See [the book](https://exa', 'See link(the book)'],
  ['See [the book](https://example.com "A ti', 'See link(the book)'],
  ['- one\n- **tw', 'item(one)item(strong(tw))'],
  ['| a |\n|---|\n| **b', 'table(a)'],
])('the markup in %j is closed', (text, expected) => expect(seen(text)).toBe(expected));

test.each([
  ['Some text\n-', 'Some text'],
  ['Some text\n--', 'Some text'],
  ['-', ''],
  ['- one\n-', 'item(one)'],
  ['1.', ''],
  ['##', ''],
  ['``', ''],
  ['|', ''],
  ['It is **', 'It is'],
  ['It was ~~', 'It was'],
  ['See [', 'See'],
  ['Text\n<deta', 'Text'],
  ['Press <kb', 'Press'],
])('the marker at the end of %j is not shown', (text, expected) => expect(seen(text).trim()).toBe(expected));

test.each([['| Na'], ['| Na |'], ['| Na |\n'], ['| Na |\n|'], ['| Na |\n| :-']])('%j is shown as a table', (text) =>
  expect(seen(text)).toBe('table(Na)'),
);

test('a table has as many columns as its first row so far', () => {
  expect(seen('| a | b\\|c | d')).toBe('table(a,b|c,d)');
  expect(seen('| a | b |\n|---|')).toBe('table(a,b)');
});

test('text without open markup is unchanged', () => {
  for (const text of ['Plain words.', '2 * 3 and 20~25', 'snake_case_name', 'It costs $5', 'x < y > z', 'int *a, *b, *c']) {
    expect(seen(text)).toBe(text);
  }
});
