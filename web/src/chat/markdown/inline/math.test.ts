import { expect, test } from 'vitest';
import { lex } from '../blocks';
import { parseInline } from './parse';

function seen(text: string, unfinished = false): string {
  return parseInline(text, { unfinished })
    .map(({ type, text, display, pending }) => (type !== 'math' ? text : pending ? '…' : display ? `[[${text}]]` : `(${text})`))
    .join('');
}

test.each([
  ['so \\(x_1*2*3\\) and \\[y\\]', 'so (x_1*2*3) and [[y]]'],
  ['so $x$, $\\alpha$ and $$z$$.', 'so (x), (\\alpha) and [[z]].'],
  ['$a\\$b$', '(a\\$b)'],
  ['$5x + 3 = 2$ and $n$-th', '(5x + 3 = 2) and (n)-th'],
  ['$10$ or $2^5$', '(10) or (2^5)'],
  ['costs $5 and $10', 'costs $5 and $10'],
  ['costs $5-$10 or US$5/US$6', 'costs $5-$10 or US$5/US$6'],
  ['between $5 and 10$', 'between $5 and 10$'],
  ['$HOME/$USER and $PATH', '$HOME/$USER and $PATH'],
  ['a $ b $ c', 'a $ b $ c'],
  ['\\$5 and \\$6', '$5 and $6'],
  ['$5\nand 6$', '$5and 6$'],
  ['\\( and \\[', '( and ['],
  ['`$x$`', '$x$'],
])('the formulas of %j are %j', (text, expected) => expect(seen(text)).toBe(expected));

test.each([
  ['so \\(x_', 'so …'],
  ['so \\[x', 'so …'],
  ['so $$x', 'so …'],
  ['so $x^', 'so …'],
  ['costs $5 and', 'costs $5 and'],
  ['costs $', 'costs $'],
])('the growing formula of %j is not shown: %j', (text, expected) => expect(seen(text, true)).toBe(expected));

const types = (text: string) => lex(text, true).map(({ type, raw, ...rest }) => `${type}${'pending' in rest && rest.pending ? '…' : ''}:${raw.trim()}`);

test('a formula without an end is shown as written', () => {
  expect(lex('\\[\nx')).toMatchObject([{ type: 'math', raw: '\\[\nx', text: '', pending: false }]);
});

test('a formula on lines of its own is one block, whatever its lines begin with', () => {
  expect(types('Let\n\\[\na\n= b\n- c\n# d\n\\]\nbe')).toEqual(['paragraph:Let', 'math:\\[\na\n= b\n- c\n# d\n\\]', 'paragraph:be']);
  expect(types('$$\n> 0\n$$')).toEqual(['math:$$\n> 0\n$$']);
  expect(types('$$a$$ and $$b$$')).toEqual(['paragraph:$$a$$ and $$b$$']);
  expect(types('$$a\n\nb$$')).toEqual(['paragraph:$$a', 'space:', 'paragraph:b$$']);
  expect(types('Let\n$$\na\n= b')).toEqual(['paragraph:Let', 'math…:$$\na\n= b']);
});
