import { expect, test } from 'vitest';
import { Lexer, type Token } from 'marked';
import { autoClosed } from './autoClose';

/** The visible text with its formatting. */
function seen(markdown: string): string {
  const one = (token: Token): string => {
    if (token.type === 'space') return '';
    if (token.type === 'table') return `table(${token.header.map(({ text }: { text: string }) => text).join()})`;
    if (token.type === 'list') return token.items.map((item: Token) => `item(${one(item)})`).join('');
    const inside = 'tokens' in token && token.tokens ? token.tokens.map(one).join('') : 'text' in token ? token.text : token.raw;
    return token.type === 'text' || token.type === 'paragraph' || token.type === 'list_item' ? inside : `${token.type}(${inside})`;
  };
  return new Lexer({ gfm: true }).lex(autoClosed(markdown)).map(one).join('');
}

test.each([
  ['It is **bo', 'It is strong(bo)'],
  ['It is *it', 'It is em(it)'],
  ['It is ~~go', 'It is del(go)'],
  ['Run `cargo te', 'Run codespan(cargo te)'],
  ['See [the book](https://exa', 'See the book'],
  ['- one\n- **tw', 'item(one)item(strong(tw))'],
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
])('the marker at the end of %j is not shown', (text, expected) => expect(seen(text).trim()).toBe(expected));

test.each([['| Na'], ['| Na |'], ['| Na |\n'], ['| Na |\n|'], ['| Na |\n| :-']])('%j is shown as a table', (text) =>
  expect(seen(text)).toBe('table(Na)'),
);

test('a table has as many columns as its first row so far', () => {
  expect(seen('| a | b\\|c | d')).toBe('table(a,b|c,d)');
  expect(seen('| a | b |\n|---|')).toBe('table(a,b)');
});

test('complete text is unchanged', () => {
  for (const text of ['Plain words.', '2 * 3 and 20~25', 'snake_case_name', 'It costs $5', '| a |\n|---|\n| b |', 'x < y > z']) {
    expect(autoClosed(text)).toBe(text);
  }
});
