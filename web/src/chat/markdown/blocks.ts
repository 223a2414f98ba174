import { Lexer, type Token } from 'marked';

/** A paragraph, list, table, piece of code…, with the text it was made from. */
export type Block = Token;

/** A text in blocks, in a form that can be gone on with. */
export interface Blocks {
  readonly text: string;
  readonly blocks: readonly Block[];
}

export const noBlocks: Blocks = { text: '', blocks: [] };

/** What a later line may still join. */
const JOINED = new Set(['list', 'blockquote', 'space', 'def']);

/**
 * Splits a text that may be a continuation of the one before. What cannot change any more is taken over as it is, the same
 * objects, so that a growing reply costs no more than its last block; the rest is read anew.
 */
export function blocksOf(text: string, before: Blocks = noBlocks): Blocks {
  const unified = text.replace(/\r\n?/g, '\n');
  const kept = unified.startsWith(before.text) ? settled(before.blocks) : [];
  const length = kept.reduce((sum, { raw }) => sum + raw.length, 0);
  const fresh = new Lexer({ gfm: true }).lex(unified.slice(length));
  const blocks = [...kept, ...fresh];
  // Should the lexer have changed what it read, the pieces do not add up, and the next round begins anew.
  const whole = blocks.reduce((sum, { raw }) => sum + raw.length, 0) === unified.length;
  return { text: whole ? unified : '\0', blocks };
}

/** All but the last block, and what stands before it that the text to come may still change. */
function settled(blocks: readonly Block[]): readonly Block[] {
  let end = blocks.length;
  while (end > 0 && blocks[end - 1]!.type === 'space') end--;
  end--;
  while (end > 0 && JOINED.has(blocks[end - 1]!.type)) end--;
  return blocks.slice(0, Math.max(0, end));
}
