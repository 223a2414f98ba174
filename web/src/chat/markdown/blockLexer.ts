import { Lexer, type Token, type TokensList } from 'marked';
import { detailsTag } from './details';
import { parseInline, type References } from './inline/parse';
import { mathBlock, mathBlockStart } from './math/block';

/** How often each character of a text may be parsed on average. */
const LEVELS = 20;
/** A short text may take more work. */
const SHORT = 100_000;
/** The work for a block, in characters: a text with very many tiny blocks is not worth it. */
const BLOCK = 100;

/**
 * Parses blocks with marked, and the text in them with a parser of our own, because marked's can take quadratic time.
 * Throws if the blocks take too much work: marked parses nested blocks again for each level, and some repeatedly.
 */
export class BlockLexer extends Lexer {
  /** The number of characters that may still be parsed, including those that are parsed again. */
  #work: number;

  constructor(
    length: number,
    /** The text is still growing. Markup that is open at its end is closed there. */
    readonly unfinished: boolean,
  ) {
    super({ gfm: true, extensions: { block: [mathBlock, detailsTag], startBlock: [mathBlockStart], renderers: {}, childTokens: {} } });
    this.#work = LEVELS * length + SHORT;
  }

  override lex(text: string): TokensList {
    this.blockTokens(text, this.tokens);
    const { links } = this.tokens;
    const references: References | undefined = Object.keys(links).length > 0 ? links : undefined;
    const last = this.inlineQueue.findLastIndex(({ src }) => src !== '');
    this.inlineQueue.forEach(({ src, tokens }, index) => {
      const parsed = parseInline(src, { references, unfinished: this.unfinished && index === last });
      // marked's tokens have more fields, which the page does not use.
      for (const token of parsed) tokens.push(token as Token);
    });
    return this.tokens;
  }

  override blockTokens(text: string, tokens?: Token[], lastParagraphClipped?: boolean): Token[];
  override blockTokens(text: string, tokens?: TokensList, lastParagraphClipped?: boolean): TokensList;
  override blockTokens(text: string, tokens: Token[] = [], lastParagraphClipped?: boolean): Token[] {
    this.#work -= text.length + BLOCK;
    if (this.#work < 0) throw new Error('The text takes too much work.');
    return super.blockTokens(text, tokens, lastParagraphClipped);
  }
}
