import type { Tokens, TokenizerExtensionFunction, TokenizerStartFunction } from 'marked';
import type { BlockLexer } from '../blockLexer';

/** A formula on lines of its own. */
export interface MathBlock extends Tokens.Generic {
  type: 'math';
  /** Empty if the formula has no end. */
  text: string;
  display: true;
  /** True if its end has not arrived yet. */
  pending: boolean;
}

/** The content has no blank lines. A longer formula than this takes too long to typeset. */
const FORMULA = /^ {0,3}(?:\\\[((?:(?!\n[ \t]*\n|\\\])[^]){1,3000})(\\\]|$)|\$\$((?:(?!\n[ \t]*\n|\$\$)[^]){1,3000})(\$\$|$))[ \t]*(?:\n|$)/;
const START = /\n {0,3}(?:\\\[|\$\$)/;

/** Reads a formula before other blocks, because a line of it may begin with `-`, `=` or `#`. */
export const mathBlock: TokenizerExtensionFunction = function (source) {
  const match = FORMULA.exec(source);
  if (!match) return undefined;
  const [raw, bracketed, bracket, dollars, dollar] = match;
  const text = (bracketed ?? dollars!).trim();
  if (!text) return undefined;
  const isClosed = Boolean(bracket || dollar);
  const { unfinished } = this.lexer as BlockLexer;
  return { type: 'math', raw, text: isClosed ? text : '', display: true, pending: !isClosed && unfinished };
};

/** Finds a formula that interrupts a paragraph. */
export const mathBlockStart: TokenizerStartFunction = (source) => {
  const end = source.indexOf('\n\n');
  const found = START.exec(end < 0 ? source : source.slice(0, end));
  return found ? found.index + 1 : undefined;
};
