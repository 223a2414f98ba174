/** Collects what a component shows, and waits for it. */
export class Views<V> {
  readonly all: V[] = [];
  #wake = () => {};

  add(view: V): void {
    this.all.push(view);
    this.#wake();
  }

  /** Waits until the component shows something that fits, and returns it. */
  async until(fits: (view: V) => boolean): Promise<V> {
    for (;;) {
      const last = this.all.at(-1);
      if (last && fits(last)) return last;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }
}
