import { expect, test } from 'vitest';
import { autoClosed } from './autoClose';
import { parseBlocks } from './blocks';

const REPEATED = [
  '*a ', 'int *p; ', 'f(*args', '_a ', '**a *b ', '*a **', 'a**b', '*a_ ', '~~a ', '~', '*_~~', '`', '`a', '`` ` ', '[', ']', '[a](', '![', '[[a]', '[a][', '](',
  '[a](b "', '[a](<b', '<', '<a ', '<a b="', '<!--', '<?', '<b\n', '<div>\n', '\\', '&', 'http://', 'http://-', 'www.', 'a@', 'a@b.c ', '$a', '\\(',
  '> ', '> a\n', '> a\n\n', '>> a\n> b\n', 'a\n> ', '- ', '- a\n', '  - a\n', '- a\n\n', '-\n', '1. ', '1. a\n   ', '- > ', '> - ', '+ - * ', '- [ ] ',
  '| a', '|', '|-', '# a\n', '===\n', 'a\n=', '    a\n', '[a]: b\n', '[a]:\n', '```\n', '~~~\n', '$x$ ', '$$', '\\[a\n\n',
  '$$a\n\n', '<details>\n', '<sub>', '<sub>a</sub>',
];

type Text = (length: number) => string;

const repeated = (piece: string): Text => (length) => piece.repeat(length / piece.length);
const nested = (open: string, close: string): Text => (length) => {
  const times = length / (open.length + close.length);
  return `${open.repeat(times)}a${close.repeat(times)}`;
};
/** Lines with ever more or ever less of a marker, whose nesting grows with the square root of the length. */
const stairs = (line: (depth: number) => string, down = false): Text => (length) => {
  const lines = [];
  for (let depth = 1, sum = 0; sum < length; depth++) sum += lines[lines.push(`${line(depth)} a\n`) - 1]!.length;
  return (down ? lines.reverse() : lines).join('');
};

const TEXTS: [string, Text][] = [
  ...REPEATED.map((piece): [string, Text] => [piece, repeated(piece)]),
  ['nested **', nested('**a ', ' a**')],
  ['nested *', nested('*a ', ' a*')],
  ['nested links', nested('[', '](b)')],
  ['nested images', nested('![', '](b)')],
  ['nested labels', (length) => `[a]: b\n\n${nested('[', ']')(length)}`],
  ['a wide table', (length) => `|${'a|'.repeat(length / 4)}\n|${'-|'.repeat(length / 4)}`],
  ['nested lists', stairs((depth) => `${'  '.repeat(depth)}-`)],
  ['nested quotations', stairs((depth) => '>'.repeat(depth))],
  ['quotations that end one by one', stairs((depth) => '>'.repeat(depth), true)],
];

/** Parses a text as the page does while a reply grows. */
function parse(text: string): void {
  autoClosed(parseBlocks(text).blocks.at(-1)!);
}

function fastest(text: string, times: number): number {
  let least = Infinity;
  for (let time = 0; time < times; time++) {
    const start = performance.now();
    parse(text);
    least = Math.min(least, performance.now() - start);
  }
  return least;
}

// Other work of the machine can slow down one measurement, but not all. With quadratic time, the ratio would be 16.
test.each(TEXTS)('four times the text takes no more than six times the work: %j', (_name, text) => {
  const short = text(10_000);
  const long = text(40_000);
  parse(short);
  let ratio = Infinity;
  for (let attempt = 1; attempt <= 10 && ratio > 6; attempt++) {
    const unit = fastest(short, 1);
    ratio = Math.min(ratio, fastest(long, attempt) / unit);
  }
  expect(ratio).toBeLessThan(6);
});
