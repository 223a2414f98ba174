import { autolink } from './autolinks';
import { CodeSpans } from './codeSpans';
import { pairDelimiters, type Piece, type Tag } from './emphasis';
import { characterAt, characterBefore, flanking } from './flanking';
import { linkTarget, matchAt, type Target } from './linkTarget';
import { MathFinder } from './math';
import { textOf, textToken, type Inline } from './tokens';

/** The targets of reference links, by label. */
export type References = Readonly<Record<string, { href: string | null; title?: string | null } | undefined>>;

export interface Options {
  references?: References;
  /** The text is still growing, or was cut off. Markup that is open at its end is closed there. */
  unfinished?: boolean;
}

/**
 * Parses the text of a paragraph, heading or cell: CommonMark with the autolinks and strikethrough of GitHub. Unlike there,
 * formulas are recognized, each line break is one, `~` means "about" and only `~~` strikes through, and emphasis and links fit CJK text.
 *
 * A model's text can be anything, so the time must be linear in its length. Each step consumes what it reads, or reads a
 * limited length, or remembers that there is nothing to find.
 */
export function parseInline(text: string, options: Options = {}): Inline[] {
  return new InlineParser(text, options).parse();
}

/** Returns the key of a label in marked's references: case and spaces do not matter. */
function normalLabel(label: string): string {
  return label.trim().replace(/\s+/g, ' ').toLowerCase().toUpperCase().toLowerCase();
}

interface Bracket {
  /** The index of its piece. */
  index: number;
  /** The index of the text after it. */
  start: number;
  image: boolean;
  /** True if there is another bracket after it. */
  nested: boolean;
}

/** A text with more pieces is shown as written. Nobody writes it for a reader, and a page with so many elements is slow. */
const MOST_PIECES = 2_000;

/** Text up to the next character that may have a meaning. */
const PLAIN = /[^\\`*_~[\]!<\n:.@$]+/y;
const ESCAPABLE = /[!-/:-@[-`{-~]/;
const WORD = /[\p{L}\p{N}]/u;
const RUN = /\*+|_+|~+/y;
/** `<https://example.com>` and `<ada@example.com>`. */
const ANGLED = /<(?:([a-z][a-z\d+.-]{1,31}:[^\s<>]*)|([\w.!#$%&'*+/=?^`{|}~-]+@[a-z\d-]+(?:\.[a-z\d-]+)*))>/iy;
/** The only tags that make elements. Attributes are not allowed. */
const ELEMENT = /<(\/?)(sub|sup|kbd)>/iy;
const OPEN_ELEMENT = /<(?:\/|\/?(?:s|su|sub|sup|k|kb|kbd))$/iy;
/** Another tag is shown as text. It is read as a whole, so that nothing in its attributes is taken for markup. */
const TAG = /<(?:\/[a-z][a-z\d-]*\s*|[a-z][a-z\d-]*(?:\s+[a-z_:][\w.:-]*(?:\s*=\s*(?:"[^"]*"|'[^']*'|[^\s"'=<>`]+))?)*\s*\/?)>/iy;
const LONGEST_TAG = 500;
const LINE_BREAK = /\n[ \t]*/y;
/** A label after the text of a reference link. */
const LABEL = /\[((?:\\[^]|[^\\[\]]){0,999})\]/y;
/** The target of a link up to the end of the text. */
const OPEN_TARGET = /\([^\s)]*(?:\s+["'(][^)]*)?$/y;

class InlineParser {
  #index = 0;
  /** The start of text that is not in a piece yet. */
  #textStart = 0;
  readonly #pieces: Piece[] = [];
  readonly #brackets: Bracket[] = [];
  /** The number of brackets that are around a link. They cannot be links themselves. */
  #aroundLink = 0;
  readonly #codeSpans: CodeSpans;
  readonly #maths: MathFinder;
  #lastParenthesis: number | undefined;

  constructor(
    readonly text: string,
    readonly options: Options,
  ) {
    this.#codeSpans = new CodeSpans(text);
    this.#maths = new MathFinder(text, options.unfinished ?? false);
  }

  parse(): Inline[] {
    const { text } = this;
    while (this.#index < text.length) {
      if (this.#pieces.length > MOST_PIECES) return [textToken(text)];
      this.#index += matchAt(PLAIN, text, this.#index)?.[0].length ?? 0;
      if (this.#index < text.length && !this.#markup(text[this.#index]!)) this.#index++;
    }
    this.#flush();
    if (this.options.unfinished) this.#dropOpenBracket();
    return pairDelimiters(this.#pieces, this.options.unfinished);
  }

  /** Reads the markup at the current index. Returns false if there is none. */
  #markup(character: string): boolean {
    switch (character) {
      case '\\':
        return this.#math() || this.#escape();
      case '$':
        return this.#math() || this.#skip(this.text[this.#index + 1] === '$' ? 2 : 1);
      case '`':
        return this.#code();
      case '*':
      case '_':
      case '~':
        return this.#delimiter(character);
      case '!':
        return this.text[this.#index + 1] === '[' && this.#openBracket(2);
      case '[':
        return this.#openBracket(1);
      case ']':
        return this.#closeBracket();
      case '<':
        return this.#angled();
      case '\n':
        return this.#lineBreak();
      default:
        return this.#autolink();
    }
  }

  #math(): boolean {
    const start = this.#index;
    const math = this.#maths.at(start);
    if (!math) return false;
    const { tex, display, end, pending } = math;
    return this.#add({ type: 'math', raw: this.text.slice(start, end), text: tex, display, pending }, end - start);
  }

  #escape(): boolean {
    const next = this.text[this.#index + 1];
    if (next === '\n') return this.#add({ type: 'br', raw: '\\\n', text: '' }, 2);
    if (next === undefined || !ESCAPABLE.test(next)) return false;
    return this.#add({ type: 'escape', raw: `\\${next}`, text: next }, 2);
  }

  #code(): boolean {
    const { length, end } = this.#codeSpans.at(this.#index);
    const start = this.#index + length;
    // An open code span takes all that follows.
    if (end === undefined && !this.options.unfinished) return this.#skip(length);
    const raw = this.text.slice(start, end && end - length);
    const code = raw.replaceAll('\n', ' ');
    const padded = code.length > 2 && code.startsWith(' ') && code.endsWith(' ') && code.trim() !== '';
    const token: Inline = { type: 'codespan', raw, text: padded ? code.slice(1, -1) : code };
    if (end === undefined) return this.#add(code.trim() ? token : textToken(''), this.text.length - this.#index);
    return this.#add(token, end - this.#index);
  }

  #delimiter(mark: '*' | '_' | '~'): boolean {
    const { text } = this;
    const start = this.#index;
    const count = matchAt(RUN, text, start)![0].length;
    const before = characterBefore(text, start);
    const after = characterAt(text, start + count);
    // Within a word, `_` has no meaning. It can be part of an address.
    if (mark === '_' && WORD.test(before) && WORD.test(after)) return this.#skip(count);
    const isHalf = mark === '~' && count === 1 && start + 1 === text.length && this.options.unfinished;
    if (mark === '~' && count !== 2 && !isHalf) return this.#skip(count);
    const { canOpen, canClose } = flanking(mark, before, after);
    if (!canOpen && !canClose) return this.#skip(count);
    return this.#add({ type: 'delimiter', mark, count, canOpen, canClose }, count);
  }

  #openBracket(length: 1 | 2): boolean {
    this.#flush();
    const above = this.#brackets.at(-1);
    if (above) above.nested = true;
    const start = this.#index + length;
    this.#aroundLink = Math.min(this.#aroundLink, this.#brackets.length);
    this.#brackets.push({ index: this.#pieces.length, start, image: length === 2, nested: false });
    return this.#add(textToken(this.text.slice(this.#index, start)), length);
  }

  #closeBracket(): boolean {
    this.#flush();
    const bracket = this.#brackets.pop();
    if (!bracket || (!bracket.image && this.#brackets.length < this.#aroundLink)) return false;
    const target = this.#targetOf(bracket);
    if (!target) return false;

    const { href, title, end } = target;
    const content = this.#pieces.splice(bracket.index).slice(1);
    // An address in the text of a link is no link of its own.
    const tokens = pairDelimiters(content.map((piece) => (piece.type === 'link' ? textToken(piece.text) : piece)));
    this.#textStart = this.#index = end;
    if (bracket.image) {
      const text = textOf(tokens);
      this.#pieces.push({ type: 'image', raw: text, text, href, title });
    } else {
      this.#pieces.push({ type: 'link', raw: '', text: '', href, title, tokens });
      this.#aroundLink = this.#brackets.length;
    }
    return true;
  }

  /** Returns the target after the closing bracket at the current index, or the one that the label refers to. */
  #targetOf({ start, nested }: Bracket): Target | undefined {
    const after = this.#index + 1;
    if (this.text[after] === '(') {
      const target = linkTarget(this.text, after) ?? this.#openTarget(after);
      if (target) return target;
    }
    if (!this.options.references) return undefined;
    const label = matchAt(LABEL, this.text, after);
    if (label?.[1]) return this.#reference(label[1], after + label[0].length);
    // Without a label, the text is the label. A label has no brackets.
    return nested ? undefined : this.#reference(this.text.slice(start, this.#index), label ? after + 2 : after);
  }

  #reference(label: string, end: number): Target | undefined {
    const found = this.options.references![normalLabel(label)];
    return found?.href ? { href: found.href, title: found.title ?? undefined, end } : undefined;
  }

  /** An address that is not complete yet is not shown. */
  #openTarget(start: number): Target | undefined {
    if (!this.options.unfinished) return undefined;
    this.#lastParenthesis ??= this.text.lastIndexOf(')');
    if (this.#lastParenthesis > start) return undefined;
    const isOpen = matchAt(OPEN_TARGET, this.text, start);
    return isOpen && { href: '', end: this.text.length };
  }

  /** Removes the bracket of a link whose text is not complete yet. */
  #dropOpenBracket(): void {
    const [bracket, ...more] = this.#brackets;
    if (bracket && more.length === 0) this.#pieces[bracket.index] = textToken('');
  }

  #angled(): boolean {
    const link = matchAt(ANGLED, this.text, this.#index);
    if (link) {
      const [raw, address, email] = link;
      const text = address ?? email!;
      return this.#add({ type: 'link', raw, text, href: email ? `mailto:${email}` : text, tokens: [textToken(text)] }, raw.length);
    }
    const element = matchAt(ELEMENT, this.text, this.#index);
    if (element) {
      const isEnd = element[1] === '/';
      const mark = element[2]!.toLowerCase() as Tag;
      return this.#add({ type: 'delimiter', mark, count: 1, canOpen: !isEnd, canClose: isEnd }, element[0].length);
    }
    // A tag that is not complete yet is not shown.
    if (this.options.unfinished && matchAt(OPEN_ELEMENT, this.text, this.#index)) return this.#add(textToken(''), this.text.length - this.#index);
    const tag = matchAt(TAG, this.text.slice(this.#index, this.#index + LONGEST_TAG), 0)?.[0];
    return tag !== undefined && this.#add({ type: 'html', raw: tag, text: tag }, tag.length);
  }

  #lineBreak(): boolean {
    const line = this.text.slice(this.#textStart, this.#index);
    const words = line.trimEnd();
    if (words) this.#pieces.push(textToken(words));
    this.#textStart = this.#index;
    const spaces = matchAt(LINE_BREAK, this.text, this.#index)![0].length;
    return this.#add({ type: 'br', raw: '\n', text: '' }, spaces);
  }

  #autolink(): boolean {
    const link = autolink(this.text, this.#index, this.#textStart);
    if (!link) return false;
    const { start, end, href } = link;
    this.#index = start;
    const text = this.text.slice(start, end);
    return this.#add({ type: 'link', raw: text, text, href, tokens: [textToken(text)] }, end - start);
  }

  /** Adds a piece for the next characters, after the text before them. */
  #add(piece: Piece, length: number): true {
    this.#flush();
    this.#pieces.push(piece);
    this.#textStart = this.#index += length;
    return true;
  }

  /** Leaves the next characters as text. */
  #skip(length: number): true {
    this.#index += length;
    return true;
  }

  #flush(): void {
    if (this.#textStart < this.#index) this.#pieces.push(textToken(this.text.slice(this.#textStart, this.#index)));
    this.#textStart = this.#index;
  }
}
