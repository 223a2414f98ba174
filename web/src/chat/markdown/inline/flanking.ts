const WHITESPACE = /\s/;
const PUNCTUATION = /[\p{P}\p{S}]/u;
/** Scripts without spaces between words (and Hangul, whose particles follow without one), and their punctuation. */
const CJK = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Bopomofo}\u3000-\u303f\uff00-\uffef]/u;

/** Where a run of `*`, `_` or `~` can stand. See "left-flanking" and "right-flanking" in the CommonMark specification. */
export interface Flanking {
  canOpen: boolean;
  canClose: boolean;
}

export function flanking(mark: string, before: string, after: string): Flanking {
  const left = flanks(before, after);
  const right = flanks(after, before);
  if (mark !== '_') return { canOpen: left, canClose: right };
  // Underscores within a word are part of it.
  return {
    canOpen: left && (!right || PUNCTUATION.test(before)),
    canClose: right && (!left || PUNCTUATION.test(after)),
  };
}

/**
 * Returns whether a marker between `outside` and `inside` belongs to `inside`. The edges of a text count as spaces. Unlike
 * in CommonMark, CJK text needs no spaces around emphasis, as in `**「强调」**的`.
 */
function flanks(outside: string, inside: string): boolean {
  if (isSpace(inside)) return false;
  if (!PUNCTUATION.test(inside) || CJK.test(inside)) return true;
  return isSpace(outside) || PUNCTUATION.test(outside) || CJK.test(outside);
}

function isSpace(character: string): boolean {
  return character === '' || WHITESPACE.test(character);
}

/** Returns the character before an index, which may be a surrogate pair. */
export function characterBefore(text: string, index: number): string {
  if (index <= 0) return '';
  const low = text.charCodeAt(index - 1);
  return text.slice(index - (low >= 0xdc00 && low < 0xe000 && index > 1 ? 2 : 1), index);
}

export function characterAt(text: string, index: number): string {
  const code = text.codePointAt(index);
  return code === undefined ? '' : String.fromCodePoint(code);
}
