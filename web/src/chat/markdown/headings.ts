import type { Token } from 'marked';

/** The page has headings of its own above those of a reply: its title, and one for each message. */
const ABOVE = 2;

/**
 * The level of each block that is a heading, none skipped: whoever goes from heading to heading finds a sound outline, whatever
 * level the model began with. It depends on what stands before a heading only, so that it stays as the reply grows.
 */
export function levelsOf(blocks: readonly Token[]): (number | undefined)[] {
  const open: number[] = [];
  return blocks.map((block) => {
    if (block.type !== 'heading') return undefined;
    while (open.length > 0 && open.at(-1)! >= block.depth) open.pop();
    open.push(block.depth);
    return Math.min(6, ABOVE + open.length);
  });
}
