import type { Token } from 'marked';
import { BlockLexer } from './blockLexer';
import { reuseParts } from './reuseParts';

/** A paragraph, list, table, code block or similar, with its source text. */
export type Block = Token;

/** A parsed text that {@link parseBlocks} can continue. */
export interface Blocks {
  readonly text: string;
  readonly blocks: readonly Block[];
}

export const noBlocks: Blocks = { text: '', blocks: [] };

/** A link reference definition. It can stand anywhere, and changes the blocks before and after it. */
const DEFINITION = /^[ \t>*+\-\d.)]*\[[^\]]{1,1000}\]:/m;

/** Blocks that a blank line ends. A list can continue after one, and so can its content. */
const ENDS = new Set(['paragraph', 'heading', 'hr', 'table', 'math']);

/**
 * Parses a text that may continue the previous one. Settled blocks are reused, so a growing reply costs no more than its
 * last block. The rest is parsed again; parts of it that are equal, such as the items of a list, stay the same objects.
 */
export function parseBlocks(text: string, before: Blocks = noBlocks): Blocks {
  const unified = text.replace(/\r\n?/g, '\n');
  const kept = unified.startsWith(before.text) && !DEFINITION.test(unified) ? settled(before.blocks) : [];
  const length = kept.reduce((sum, { raw }) => sum + raw.length, 0);
  const fresh = reuseParts(before.blocks.slice(kept.length), lex(unified.slice(length)));
  const blocks = [...kept, ...fresh];
  // If the lexer has altered the text, the lengths differ, and the next call parses everything.
  const whole = blocks.reduce((sum, { raw }) => sum + raw.length, 0) === unified.length;
  return { text: whole ? unified : '\0', blocks };
}

/** Maximum nesting. People do not nest deeper, and browsers could not render it. */
const DEEPEST = 50;

/**
 * Parses a text. Untrusted input: a text that cannot be parsed, or is nested too deeply, is left as written. `unfinished`:
 * markup that is open at the end is closed there.
 */
export function lex(text: string, unfinished = false): Block[] {
  try {
    return new BlockLexer(text.length, unfinished).lex(text).map((block) => (isDeeper(block, DEEPEST) ? asWritten(block.raw) : block));
  } catch {
    return [asWritten(text)]; // nested too deeply
  }
}

function isDeeper(block: Block, depth: number): boolean {
  if (depth === 0) return true;
  const within: Block[] = block.type === 'list' ? block.items : (('tokens' in block && block.tokens) || []);
  return within.some((part) => isDeeper(part, depth - 1));
}

function asWritten(raw: string): Block {
  return { type: 'html', raw, text: raw, block: true, pre: false };
}

/** Returns the blocks that no further text can change: all before the last blank line that ends a block. */
function settled(blocks: readonly Block[]): readonly Block[] {
  let last = blocks.length - 1;
  while (last >= 0 && blocks[last]!.type === 'space') last--;
  for (let end = last; end > 0; end--) {
    const before = blocks[end - 1]!;
    const block = before.type === 'space' ? blocks[end - 2] : before;
    const fenced = block?.type === 'code' && /^(`{3,}|~{3,})/.test(block.raw);
    if (block && (fenced || ENDS.has(block.type)) && BLANK_LINE.test(`${block === before ? '' : block.raw}${before.raw}`)) {
      return blocks.slice(0, end);
    }
  }
  return [];
}

const BLANK_LINE = /\n[ \t]*\n$/;
