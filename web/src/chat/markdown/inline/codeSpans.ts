const RUNS = /`+/g;

/** Finds the code spans of a text. A run of backticks is closed by the next run of the same length. */
export class CodeSpans {
  /** The positions of the last runs, by length: no time is spent on the search for one that does not exist. */
  #last: Map<number, number> | undefined;

  constructor(readonly text: string) {}

  /** Returns the length of the run at an index, and where its code span ends. `undefined`: nothing closes it. */
  at(start: number): { length: number; end?: number } {
    this.#last ??= new Map([...this.text.matchAll(RUNS)].map(({ 0: run, index }) => [run.length, index]));
    const length = this.#runAt(start);
    if ((this.#last.get(length) ?? -1) <= start) return { length };
    let index = start + length;
    for (;;) {
      index = this.text.indexOf('`', index);
      const found = this.#runAt(index);
      index += found;
      if (found === length) return { length, end: index };
    }
  }

  #runAt(start: number): number {
    let end = start;
    while (this.text[end] === '`') end++;
    return end - start;
  }
}
