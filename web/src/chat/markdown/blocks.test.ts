import type { Tokens } from 'marked';
import { expect, test } from 'vitest';
import { parseBlocks, noBlocks, type Blocks } from './blocks';

const PIECES = [
  'word', ' ', '\n', '\n\n', '- item', '\n  - nested', '1. one', '> quote', '```', '```js\n', 'let x = 1;', '| a | b |', '\n|---|---|\n',
  '# ', '**', '*', '_', '`', '[link](https://x.org)', '[ref]', '[ref]: https://x.org', '<b>', '---', '===', '    indented', '\t', '\r\n', '😀', 'مرحبا', '&amp;', '~~', '\\',
  '<details>', '<details>\n', '<summary>a</summary>', '\n</details>\n', '<kbd>', '</kbd>',
];

/** A seeded random generator, so that a failure can be reproduced. */
function random(seed: number): () => number {
  return () => {
    seed = (seed * 1664525 + 1013904223) >>> 0;
    return seed / 2 ** 32;
  };
}

function shape({ blocks }: Blocks): string {
  return blocks.map(({ type, raw }) => `${type}:${raw}`).join('\u0001');
}

test('a growing text has the same blocks as the whole text', () => {
  for (let seed = 1; seed <= 400; seed++) {
    const next = random(seed);
    let text = '';
    let grown = noBlocks;
    for (let step = 0; step < 25; step++) {
      text += PIECES[Math.floor(next() * PIECES.length)];
      grown = parseBlocks(text, grown);
      expect(shape(grown), JSON.stringify(text)).toBe(shape(parseBlocks(text)));
    }
  }
});

test('settled blocks stay the same objects', () => {
  const first = parseBlocks('# Title\n\nOne paragraph.\n\nAnother');
  const second = parseBlocks('# Title\n\nOne paragraph.\n\nAnother that grows', first);
  expect(second.blocks[0]).toBe(first.blocks[0]);
  expect(second.blocks[2]).toBe(first.blocks[2]);
  expect(second.blocks.at(-1)!.raw).toBe('Another that grows');
});

test('a growing list has the same tokens as the whole list', () => {
  const pieces = ['- ', '* ', '1. ', '7) ', 'word ', '**bold** ', '`code`', '\n', '\n\n', '  - ', '   1. ', '  ', '[x] ', '[ref]', '\n[ref]: https://x.org\n', '> ', '```\n', '# ', '---'];
  for (let seed = 1; seed <= 60; seed++) {
    const next = random(seed);
    let text = '- one\n- two\n';
    let grown = parseBlocks(text);
    for (let step = 0; step < 30; step++) {
      text += pieces[Math.floor(next() * pieces.length)];
      grown = parseBlocks(text, grown);
      expect(grown.blocks, JSON.stringify(text)).toEqual(Array.from(parseBlocks(text).blocks));
    }
  }
});

test('the unchanged items of a growing list stay the same objects', () => {
  const first = parseBlocks('- one\n- two **bold**\n  - three\n- fo');
  const second = parseBlocks('- one\n- two **bold**\n  - three\n- four\n- five', first);
  const itemsOf = ({ blocks }: Blocks) => (blocks[0] as Tokens.List).items;
  expect(itemsOf(second)).toHaveLength(4);
  expect(itemsOf(second)[0]).toBe(itemsOf(first)[0]);
  expect(itemsOf(second)[1]).toBe(itemsOf(first)[1]);
  // A blank line between items turns the content of all items into paragraphs.
  const loose = parseBlocks('- one\n- two **bold**\n  - three\n- four\n- five\n\n- six', second);
  expect(itemsOf(loose)[0]).not.toBe(itemsOf(first)[0]);
});

test('an unrelated text is parsed from the start', () => {
  const first = parseBlocks('One.\n\nTwo.');
  expect(parseBlocks('Three.', first).blocks.map(({ raw }) => raw)).toEqual(['Three.']);
});

test('text that is nested too deeply to render is left as written', () => {
  for (const depth of [100, 1_000, 20_000]) {
    const text = `${'>'.repeat(depth)} a\n\nThe end.`;
    const { blocks } = parseBlocks(text);
    expect(blocks.map(({ raw }) => raw).join('')).toBe(text);
    expect(blocks.map(({ type }) => type)).not.toContain('blockquote');
  }
  expect(parseBlocks('>>> a').blocks[0]!.type).toBe('blockquote');
});
