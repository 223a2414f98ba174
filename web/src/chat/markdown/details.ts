import type { Token, Tokens, TokenizerExtensionFunction } from 'marked';

/** The start or end tag of a section that the reader can open. Its content are the blocks between the two. */
export interface DetailsTag extends Tokens.Generic {
  type: 'details';
  end: boolean;
  /** The summary, if there is one. */
  tokens: Token[];
}

/** A block, or the start tag of a section with the blocks in it. */
export interface Folded {
  block: Token;
  /** The index of the block among all blocks of its list. */
  index: number;
  content?: Folded[];
}

const TAG = /^ {0,3}(?:<details>(?:\s{0,9}<summary>([^]{1,500}?)<\/summary>)?|(<\/details>))[ \t]*(?:\n|$)/i;

/** Maximum nesting. */
const DEEPEST = 10;

/** Reads a tag at the start of a line. Attributes are not allowed. */
export const detailsTag: TokenizerExtensionFunction = function (source) {
  const match = TAG.exec(source);
  if (!match) return undefined;
  const [raw, summary = '', end] = match;
  return { type: 'details', raw, end: end !== undefined, tokens: this.lexer.inline(summary.trim()) };
};

export function isDetails(block: Token): block is DetailsTag {
  return block.type === 'details';
}

/** Moves the blocks of a section into it. A section without an end tag takes all that follows. */
export function foldDetails(blocks: readonly Token[]): Folded[] {
  const open: Folded[][] = [[]];
  blocks.forEach((block, index) => {
    const into = open.at(-1)!;
    if (!isDetails(block) || (block.end ? open.length === 1 : open.length > DEEPEST)) into.push({ block, index });
    else if (block.end) open.pop();
    else {
      const content: Folded[] = [];
      into.push({ block, index, content });
      open.push(content);
    }
  });
  return open[0]!;
}
