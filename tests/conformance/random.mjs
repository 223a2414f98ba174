/** A seeded source of random numbers (SplitMix32): the same seed gives the same corpus everywhere. */
export class Random {
  #state;

  constructor(seed) {
    this.#state = seed | 0;
  }

  #next() {
    this.#state = (this.#state + 0x9e3779b9) | 0;
    let mixed = this.#state ^ (this.#state >>> 16);
    mixed = Math.imul(mixed, 0x21f0aaad);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed, 0x735a2d97);
    return (mixed ^ (mixed >>> 15)) >>> 0;
  }

  /** Returns an integer from 0 to `limit` - 1. */
  below(limit) {
    return Math.floor((this.#next() / 2 ** 32) * limit);
  }

  chance(probability) {
    return this.#next() / 2 ** 32 < probability;
  }

  pick(list) {
    return list[this.below(list.length)];
  }

  /** Returns `count` results of `make`, which is called once for each. */
  times(count, make) {
    return Array.from({ length: count }, () => make());
  }
}
