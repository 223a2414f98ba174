import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** The network between a browser and a server. It can be cut, silenced and repaired. */
export class Line {
  /** Port of the server. */
  port = 0;

  #state: 'open' | 'cut' | 'silent' = 'open';
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

  /** Breaks all connections, and refuses new ones. */
  cut(): void {
    this.#state = 'cut';
    this.dropConnections();
  }

  /** Breaks all connections, and accepts new ones. */
  dropConnections(): void {
    for (const pair of this.#pairs) for (const end of pair) end.resetAndDestroy();
    this.#pairs.clear();
  }

  /** Keeps connections open but passes nothing on. Neither end notices. */
  silence(): void {
    this.#state = 'silent';
    for (const pair of this.#pairs) for (const end of pair) end.pause();
  }

  /** Passes new connections on. Silent ones stay silent, and neither end notices. */
  passNewConnections(): void {
    this.#state = 'open';
  }

  /** Repairs the network. Silent connections break, as on a device that has changed its network. */
  mend(): void {
    if (this.#state === 'silent') this.dropConnections();
    this.#state = 'open';
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
