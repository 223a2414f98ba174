import { Lexer, type Token } from 'marked';
import { shared } from './shared';

/** A paragraph, list, table, piece of code…, with the text it was made from. */
export type Block = Token;

/** A text in blocks, in a form that can be gone on with. */
export interface Blocks {
  readonly text: string;
  readonly blocks: readonly Block[];
}

export const noBlocks: Blocks = { text: '', blocks: [] };

/** What may define a reference, wherever it stands: that changes all that is before and after it. */
const DEFINITION = /^[ \t>*+\-\d.)]*\[[^\]]{1,1000}\]:/m;

/** What ends for good with a blank line. A list goes on after one, and so may what stands in it. */
const ENDS = new Set(['paragraph', 'heading', 'hr', 'table']);

/**
 * Splits a text that may be a continuation of the one before. What cannot change any more is taken over as it is, the same
 * objects, so that a growing reply costs no more than its last block; the rest is read anew, and what is equal in it, as the
 * items of a list that goes on, is the same objects still.
 */
export function blocksOf(text: string, before: Blocks = noBlocks): Blocks {
  const unified = text.replace(/\r\n?/g, '\n');
  const kept = unified.startsWith(before.text) && !DEFINITION.test(unified) ? settled(before.blocks) : [];
  const length = kept.reduce((sum, { raw }) => sum + raw.length, 0);
  const fresh = shared(before.blocks.slice(kept.length), lex(unified.slice(length)));
  const blocks = [...kept, ...fresh];
  // Should the lexer have changed what it read, the pieces do not add up, and the next round begins anew.
  const whole = blocks.reduce((sum, { raw }) => sum + raw.length, 0) === unified.length;
  return { text: whole ? unified : '\0', blocks };
}

/** As many things stand in each other in what people write. More would be more than a browser can draw. */
const DEEPEST = 50;

/** A text in blocks. What nothing can be made of is left as it is written: it may be said by anybody, and must harm nothing. */
export function lex(text: string): Block[] {
  try {
    return new Lexer({ gfm: true }).lex(text).map((block) => (isDeeper(block, DEEPEST) ? asWritten(block.raw) : block));
  } catch {
    return [asWritten(text)]; // so deep that the lexer itself has lost its way
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

/** What no text to come can change: all before the last blank line that ends a block for good. */
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
