import type { Token } from 'marked';

/** Heading levels of the page itself: its title, and one for each message. */
const ABOVE = 2;

/**
 * Returns the level of each block that is a heading. No level is skipped, so screen readers get a valid outline whichever
 * level the model starts with. A level depends only on earlier headings, so it does not change while the reply grows.
 */
export function headingLevels(blocks: readonly Token[]): (number | undefined)[] {
  const open: number[] = [];
  return blocks.map((block) => {
    if (block.type !== 'heading') return undefined;
    while (open.length > 0 && open.at(-1)! >= block.depth) open.pop();
    open.push(block.depth);
    return Math.min(6, ABOVE + open.length);
  });
}
