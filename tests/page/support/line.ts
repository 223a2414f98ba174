import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** The network between a browser and a server: it can be cut, go silent, and be mended. */
export class Line {
  /** Where the server listens. */
  port = 0;

  #state: 'good' | 'cut' | 'silent' = 'good';
  readonly #pairs = new Set<[Socket, Socket]>();
  readonly #entrance: Server;

  private constructor() {
    this.#entrance = createServer((near) => this.#join(near));
  }

  static async open(): Promise<Line> {
    const line = new Line();
    await new Promise<void>((resolve) => line.#entrance.listen(0, '127.0.0.1', resolve));
    return line;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#entrance.address() as AddressInfo).port}`;
  }

  /** Every connection breaks, and no other can be made. */
  cut(): void {
    this.#state = 'cut';
    this.hangUp();
  }

  /** Every connection breaks; others can be made. */
  hangUp(): void {
    for (const pair of this.#pairs) for (const end of pair) end.resetAndDestroy();
    this.#pairs.clear();
  }

  /** Connections stay, and nothing gets through: neither end is told. */
  silence(): void {
    this.#state = 'silent';
    for (const pair of this.#pairs) for (const end of pair) end.pause();
  }

  /** What comes from now on gets through; what was silent stays so, and nobody is told. */
  passOthers(): void {
    this.#state = 'good';
  }

  /** What was silent does not come back to life, as on a device that has changed its network. */
  mend(): void {
    if (this.#state === 'silent') this.hangUp();
    this.#state = 'good';
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#entrance.close(resolve));
  }

  #join(near: Socket): void {
    if (this.#state === 'cut') {
      near.resetAndDestroy();
      return;
    }
    const far = connect(this.port, '127.0.0.1');
    const pair: [Socket, Socket] = [near, far];
    this.#pairs.add(pair);
    for (const [one, other] of [pair, [far, near] as const]) {
      one.on('error', () => other.destroy());
      one.on('close', () => {
        other.end();
        if (other.destroyed) this.#pairs.delete(pair);
      });
      one.pipe(other);
      if (this.#state === 'silent') one.pause();
    }
  }
}
