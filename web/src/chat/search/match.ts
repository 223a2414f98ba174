/** A part of a text, and whether the query matches it. */
export interface Part {
  readonly text: string;
  readonly matched: boolean;
}

/** Returns the words of a query, without differences that do not matter. */
export function wordsOf(query: string): string[] {
  return folded(query).join('').split(/[^\p{L}\p{N}]+/u).filter(Boolean);
}

/** Returns the parts of a text; `undefined` unless all words occur in it. */
export function matchedParts(text: string, words: readonly string[]): Part[] | undefined {
  const characters = [...text];
  const pieces = folded(text);
  // Where each UTF-16 unit of the folded text comes from, because folding changes lengths.
  const origin = pieces.flatMap((piece, index) => Array.from({ length: piece.length }, () => index));
  const whole = pieces.join('');
  const matched = new Set<number>();
  for (const word of words) {
    let at = whole.indexOf(word);
    if (at < 0) return undefined;
    for (; at >= 0; at = whole.indexOf(word, at + word.length)) {
      for (let unit = at; unit < at + word.length; unit++) matched.add(origin[unit]!);
    }
  }
  return characters.reduce<Part[]>((parts, text, index) => {
    const last = parts.at(-1);
    if (last?.matched !== matched.has(index)) return [...parts, { text, matched: matched.has(index) }];
    return [...parts.slice(0, -1), { ...last, text: last.text + text }];
  }, []);
}

/** Returns the characters of a text without case and accents. */
function folded(text: string): string[] {
  return [...text].map((character) => character.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase());
}
