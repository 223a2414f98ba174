/** A formula in a text. */
export interface InlineMath {
  tex: string;
  display: boolean;
  end: number;
  /** True if its end has not arrived yet. */
  pending: boolean;
}

const END = { '\\(': '\\)', '\\[': '\\]', $$: '$$' };

/** Signs of a formula in text after a dollar sign. */
const MATHS = /[\\^_{}=]/;
/** An amount in a sentence, such as `5 and 10` in "between $5 and 10$". */
const AMOUNT = /^\d[\d.,]*(?:\s|.*[a-z]{2})/i;

/**
 * Finds formulas: `\(…\)`, `\[…\]`, `$$…$$`, and `$…$` unless the dollar signs are probably prices or variables.
 * `unfinished`: the text is still growing.
 */
export class MathFinder {
  readonly #last = new Map<string, number>();

  constructor(
    readonly text: string,
    readonly unfinished: boolean,
  ) {}

  at(start: number): InlineMath | undefined {
    const mark = this.text.slice(start, start + 2) as keyof typeof END;
    if (mark in END) return this.#between(start + 2, END[mark], mark !== '\\(');
    return this.text[start] === '$' ? this.#dollar(start) : undefined;
  }

  #between(start: number, mark: string, display: boolean): InlineMath | undefined {
    const end = this.#isAhead(mark, start) ? this.text.indexOf(mark, start) : -1;
    const tex = this.text.slice(start, end < 0 ? undefined : end);
    if (end < 0) return this.unfinished ? { tex, display, end: this.text.length, pending: true } : undefined;
    return tex.trim() ? { tex, display, end: end + mark.length, pending: false } : undefined;
  }

  /** No time is spent on the search for a mark that does not follow. */
  #isAhead(mark: string, start: number): boolean {
    const last = this.#last.get(mark) ?? this.text.lastIndexOf(mark);
    this.#last.set(mark, last);
    return last >= start;
  }

  #dollar(start: number): InlineMath | undefined {
    const { text } = this;
    if (/[\w$]/.test(text[start - 1] ?? '') || /[\s$]/.test(text[start + 1] ?? ' ')) return undefined;
    let end = start + 1;
    while (end < text.length && text[end] !== '$' && text[end] !== '\n') end += text[end] === '\\' ? 2 : 1;
    const tex = text.slice(start + 1, end);
    if (AMOUNT.test(tex) && !MATHS.test(tex)) return undefined;
    if (end >= text.length) {
      const pending = this.unfinished && MATHS.test(tex);
      return pending ? { tex, display: false, end: text.length, pending } : undefined;
    }
    if (text[end] === '\n' || /\s$/.test(tex) || /[\w$]/.test(text[end + 1] ?? '')) return undefined;
    return { tex, display: false, end: end + 1, pending: false };
  }
}
