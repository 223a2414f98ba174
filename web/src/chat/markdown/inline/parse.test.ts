import { expect, test } from 'vitest';
import { parseInline, type Options } from './parse';
import type { Inline } from './tokens';

function shown(tokens: Inline[]): string {
  return tokens.map(one).join('');
}

function one({ type, text, tokens, href, title }: Inline): string {
  const inside = tokens ? shown(tokens) : text;
  if (type === 'text' || type === 'escape') return inside;
  return href === undefined ? `${type}(${inside})` : `${type}(${[inside, href, title].filter((part) => part !== undefined).join('|')})`;
}

const parse = (text: string, options?: Options) => shown(parseInline(text, options));

test.each([
  // Emphasis
  ['*a* and _b_', 'em(a) and em(b)'],
  ['**a** and __b__', 'strong(a) and strong(b)'],
  ['***a***', 'em(strong(a))'],
  ['**a *b* c**', 'strong(a em(b) c)'],
  ['*a **b***', 'em(a strong(b))'],
  ['*foo**bar*', 'em(foo**bar)'],
  ['*foo**bar**baz*', 'em(foostrong(bar)baz)'],
  ['**a*', '*em(a)'],
  ['*a _b* c_', 'em(a _b) c_'],
  ['a * b * c', 'a * b * c'],
  ['snake_case_name and __init__', 'snake_case_name and strong(init)'],
  ['a*b*c', 'aem(b)c'],
  ['*(a)*, "*b*"', 'em((a)), "em(b)"'],
  ['\\*a\\*', '*a*'],
  ['~~a~~', 'del(a)'],
  ['~5 to ~10 and ~a~', '~5 to ~10 and ~a~'],
  ['~~~a~~~', '~~~a~~~'],
  // Emphasis and links in CJK text
  ['**「强调」**的', 'strong(「强调」)的'],
  ['这是**“强调”**的', '这是strong(“强调”)的'],
  ['これは**重要。**です', 'これはstrong(重要。)です'],
  ['**마크다운(Markdown)**은', 'strong(마크다운(Markdown))은'],
  ['文字~~（删除）~~文字', '文字del(（删除）)文字'],
  ['见https://example.com。然后', '见link(https://example.com|https://example.com)。然后'],
  ['（www.example.com），', '（link(www.example.com|http://www.example.com)），'],
  ['“https://x.org/维基”', '“link(https://x.org/维基|https://x.org/维基)”'],
  // Tags
  ['H<sub>2</sub>O, x<SUP>*n*</SUP>', 'Hsub(2)O, xsup(em(n))'],
  ['<kbd>Ctrl</kbd>+<kbd>C</kbd>', 'kbd(Ctrl)+kbd(C)'],
  ['<sub>a</sup> </kbd> <sup class="x">b</sup>', '<sub>a</sup> </kbd> html(<sup class="x">)b</sup>'],
  ['*a <sub>b* c</sub>', 'em(a <sub>b) c</sub>'],
  ['`<sub>a</sub>`', 'codespan(<sub>a</sub>)'],
  // Code
  ['`a *b*` *c*', 'codespan(a *b*) em(c)'],
  ['``a ` b``', 'codespan(a ` b)'],
  ['`` ` ``', 'codespan(`)'],
  ['`a``', '`a``'],
  ['*a `b* c`', '*a codespan(b* c)'],
  ['\\`a`', '`a`'],
  // Links
  ['[a *b*](https://x.org "T")', 'link(a em(b)|https://x.org|T)'],
  ['[a](<b c>)', 'link(a|b c)'],
  ['[a](b(c)d)', 'link(a|b(c)d)'],
  ['[a](b c)', '[a](b c)'],
  ['[a]()', 'link(a|)'],
  ['![a *b*](c.png)', 'image(a b|c.png)'],
  ['[![a](b)](c)', 'link(image(a|b)|c)'],
  ['[a [b](c) d](e)', '[a link(b|c) d](e)'],
  ['*[a*](b)', '*link(a*|b)'],
  ['[https://x.org](https://y.org)', 'link(https://x.org|https://y.org)'],
  ['[a]', '[a]'],
  ['array[0] = [1]', 'array[0] = [1]'],
  ['<https://x.org/*a*> <ada@x.org>', 'link(https://x.org/*a*|https://x.org/*a*) link(ada@x.org|mailto:ada@x.org)'],
  ['See https://x.org/a_b_c.', 'See link(https://x.org/a_b_c|https://x.org/a_b_c).'],
  ['(https://x.org/a_(b)) or www.x.org!', '(link(https://x.org/a_(b)|https://x.org/a_(b))) or link(www.x.org|http://www.x.org)!'],
  ['**https://x.org**', 'strong(link(https://x.org|https://x.org))'],
  ['Mail first_last@x.org.', 'Mail link(first_last@x.org|mailto:first_last@x.org).'],
  ['https:// and xhttps://x.org', 'https:// and xhttps://x.org'],
  // Tags are text, but their attributes are not markup.
  ['<b title="*a*">*b*</b>', 'html(<b title="*a*">)em(b)html(</b>)'],
  ['1 < 2 > *a*', '1 < 2 > em(a)'],
  // Line breaks
  ['a\nb', 'abr()b'],
  ['a  \n  b', 'abr()b'],
  ['*a\nb*', 'em(abr()b)'],
  ['a\\\nb', 'abr()b'],
])('%j is parsed as %j', (text, expected) => expect(parse(text)).toBe(expected));

test('reference links have the target of their label', () => {
  const references = { 'the book': { href: 'https://x.org', title: 'T' }, b: { href: 'https://y.org' } };
  expect(parse('[The  Book]', { references })).toBe('link(The  Book|https://x.org|T)');
  expect(parse('[the book][] and [a][b]', { references })).toBe('link(the book|https://x.org|T) and link(a|https://y.org)');
  expect(parse('[a][c] and [constructor]', { references })).toBe('[a][c] and [constructor]');
  expect(parse('[a [b] c]', { references })).toBe('[a link(b|https://y.org) c]');
});

test('markup that is nested too deeply is left as written', () => {
  const text = `${'**a '.repeat(100)}b${' a**'.repeat(100)}`;
  const depthOf = (tokens: Inline[]): number => Math.max(0, ...tokens.map((token) => (token.tokens ? 1 + depthOf(token.tokens) : 0)));
  expect(depthOf(parseInline(text))).toBe(20);
  expect(shown(parseInline(text)).replace(/strong\(|\)|\*/g, '')).toBe(text.replaceAll('*', ''));
});

test('a text with too many pieces is left as written', () => {
  const text = '**a** '.repeat(5000);
  expect(parse(text)).toBe(text);
});
