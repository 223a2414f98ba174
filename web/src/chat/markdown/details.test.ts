import { expect, test } from 'vitest';
import { lex, parseBlocks } from './blocks';
import { foldDetails, isDetails, type Folded } from './details';

function shown(blocks: Folded[]): string {
  return blocks
    .map(({ block, content }) => {
      if (!content) return block.raw.trim();
      return `(${isDetails(block) ? block.tokens.map(({ raw }) => raw).join('') : ''}: ${shown(content)})`;
    })
    .filter(Boolean)
    .join(' ');
}

const folded = (text: string) => shown(foldDetails(lex(text)));

test.each([
  ['<details>\n<summary>More</summary>\n\nOne\n\nTwo\n\n</details>\n\nAfter', '(More: One Two) After'],
  ['<details><summary>More</summary>\nOne\n</details>\nAfter', '(More: One) After'],
  ['Before\n<details>\nOne\n</details>', 'Before (: One)'],
  ['<Details>\n<details>\nOne\n</details>\nTwo\n</details>', '(: (: One) Two)'],
  ['<details>\n<summary>More</summary>\nOne', '(More: One)'],
  ['One\n\n</details>\n\nTwo', 'One </details> Two'],
  ['<details open>\nOne\n</details>', '<details open>\nOne\n</details>'],
])('the sections of %j are %j', (text, expected) => expect(folded(text)).toBe(expected));

test('sections that are nested too deeply are left as written', () => {
  const depth = (blocks: Folded[]): number => Math.max(0, ...blocks.map(({ content }) => (content ? 1 + depth(content) : 0)));
  expect(depth(foldDetails(lex('<details>\n'.repeat(1000))))).toBe(10);
});

test('a growing section keeps its settled blocks', () => {
  const first = parseBlocks('<details>\n<summary>More</summary>\n\nOne\n\nTwo');
  const second = parseBlocks('<details>\n<summary>More</summary>\n\nOne\n\nTwo, and three\n\n</details>', first);
  expect(second.blocks[0]).toBe(first.blocks[0]);
  expect(second.blocks.find(({ raw }) => raw === 'One')).toBe(first.blocks.find(({ raw }) => raw === 'One'));
});
