import { joinTexts, textToken, type Inline } from './tokens';

/** A run of `*`, `_` or `~` or a tag that may start or end an element. */
export interface Delimiter {
  type: 'delimiter';
  mark: '*' | '_' | '~' | Tag;
  count: number;
  canOpen: boolean;
  canClose: boolean;
}

/** Elements that a model may write as HTML tags. */
export type Tag = 'sub' | 'sup' | 'kbd';

export type Piece = Inline | Delimiter;

/** A delimiter that has not been closed yet. */
interface Opener extends Delimiter {
  /** Its length in the source. */
  length: number;
  /** Its index in the result. */
  index: number;
  /** Nesting of the elements after it. */
  depth: number;
}

/** Maximum nesting. Deeper markup is left as written, because browsers could not render it. */
const DEEPEST = 20;

/** Pairs delimiters, and returns the elements that result. `unfinished`: elements that are open at the end are closed. */
export function pairDelimiters(pieces: readonly Piece[], unfinished = false): Inline[] {
  const pairing = new Pairing();
  pieces.forEach((piece, index) => {
    if (piece.type !== 'delimiter') pairing.result.push(piece);
    else if (!unfinished || index < pieces.length - 1 || !pairing.isHalfOfCloser(piece)) pairing.addDelimiter(piece);
  });
  if (unfinished) pairing.closeAll();
  return joinTexts(pairing.result);
}

/**
 * The algorithm "process emphasis" of the CommonMark specification. Its time is linear in the number of pieces: a closer
 * that finds no opener shortens the search of later closers, and one that finds an opener removes all that it has passed.
 */
class Pairing {
  readonly result: Inline[] = [];
  readonly #openers: Opener[] = [];
  /** For each kind of closer, the number of openers at the bottom of the stack that do not match it. */
  readonly #excluded = new Map<string, number>();

  addDelimiter(delimiter: Delimiter): void {
    const { mark, canOpen, canClose, count: length } = delimiter;
    let count = length;
    // One tilde means "about".
    while (canClose && count > 0 && !(mark === '~' && length === 1)) {
      const index = this.#findOpener(delimiter);
      if (index < 0) break;
      count -= this.#close(index, count);
    }
    if (count > 0 && canOpen && !(mark === '~' && length === 1)) {
      this.#openers.push({ ...delimiter, count, length, index: this.result.length, depth: 0 });
    }
    this.result.push(textToken(sourceOf(delimiter, count)));
  }

  /** Returns whether a single character is probably the first of a `**`, `__` or `~~` that closes an element. */
  isHalfOfCloser({ mark, count, canClose }: Delimiter): boolean {
    return canClose && count === 1 && this.#openers.findLast((opener) => opener.mark === mark)?.count === 2;
  }

  /** Several open delimiters of one kind, as in `int *a, *b`, are probably no markup, and stay open. */
  closeAll(): void {
    const kind = ({ mark, count }: Opener) => mark + count;
    const times = new Map<string, number>();
    for (const opener of this.#openers) times.set(kind(opener), (times.get(kind(opener)) ?? 0) + 1);
    for (let index = this.#openers.length - 1; index >= 0; index--) {
      const opener = this.#openers[index]!;
      if (opener.count > 3 || times.get(kind(opener))! > 1) continue;
      while (opener.count > 0) this.#close(index, opener.count);
    }
  }

  #findOpener(closer: Delimiter): number {
    const kind = `${closer.mark}${closer.canOpen}${closer.count % 3}`;
    const lowest = this.#excluded.get(kind) ?? 0;
    for (let index = this.#openers.length - 1; index >= lowest; index--) {
      if (matches(this.#openers[index]!, closer)) return index;
    }
    this.#excluded.set(kind, this.#openers.length);
    return -1;
  }

  /** Makes an element of all that follows an opener. Returns how much of the delimiter that takes. */
  #close(index: number, available: number): number {
    const opener = this.#openers[index]!;
    const count = opener.mark === '~' ? 2 : Math.min(2, available, opener.count);
    const depth = this.#openers.slice(index).reduce((deepest, { depth }) => Math.max(deepest, depth), 0);
    opener.count -= count;
    this.#openers.length = opener.count > 0 ? index + 1 : index;
    for (const [kind, lowest] of this.#excluded) this.#excluded.set(kind, Math.min(lowest, this.#openers.length));

    const marker = sourceOf(opener, count);
    if (depth === DEEPEST) {
      opener.count = 0;
      this.#openers.length = index;
      this.result.push(textToken(sourceOf({ ...opener, canClose: true }, count)));
    } else {
      const tokens = joinTexts(this.result.splice(opener.index + 1));
      this.result[opener.index] = textToken(sourceOf(opener, opener.count));
      this.result.push({ type: typeOf(opener, count), raw: marker, text: '', tokens });
    }
    const parent = this.#openers.at(-1);
    if (parent) parent.depth = Math.max(parent.depth, Math.min(DEEPEST, depth + 1));
    return count;
  }
}

function matches(opener: Opener, closer: Delimiter): boolean {
  if (opener.mark !== closer.mark) return false;
  if (!opener.canClose && !closer.canOpen) return true;
  // The "rule of 3" of CommonMark: `*foo**bar*` has one element.
  return (opener.length + closer.count) % 3 !== 0 || (opener.length % 3 === 0 && closer.count % 3 === 0);
}

function typeOf({ mark }: Opener, count: number): Inline['type'] {
  if (mark === '~') return 'del';
  if (mark === '*' || mark === '_') return count === 2 ? 'strong' : 'em';
  return mark;
}

function sourceOf({ mark, canClose }: Delimiter, count: number): string {
  if (mark.length === 1) return mark.repeat(count);
  return count === 0 ? '' : `<${canClose ? '/' : ''}${mark}>`;
}
