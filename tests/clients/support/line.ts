import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** The network between clients and a server. It can break connections, and records what the clients send. */
export class Line {
  readonly #pairs = new Set<[Socket, Socket]>();
  readonly #sent: Buffer[][] = [];
  #wake = () => {};
  readonly #entrance: Server;

  private constructor(
    /** The server's port. New connections lead to it. */
    public port: number,
  ) {
    this.#entrance = createServer((near) => this.#join(near));
  }

  /** Opens a line to the server on this port. */
  static async open(port: number): Promise<Line> {
    const line = new Line(port);
    await new Promise<void>((resolve) => line.#entrance.listen(0, '127.0.0.1', resolve));
    return line;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#entrance.address() as AddressInfo).port}/graphql`;
  }

  /** Breaks all connections, and accepts new ones. */
  dropConnections(): void {
    for (const pair of this.#pairs) for (const end of pair) end.resetAndDestroy();
    this.#pairs.clear();
  }

  /** Returns the variables of every subscription to `reply` that clients have sent, over either transport, in order. */
  subscriptions(): { messageId: string; after?: string }[] {
    const texts = this.#sent.flatMap((chunks) => {
      const bytes = Buffer.concat(chunks);
      const header = bytes.indexOf('\r\n\r\n') + 4;
      return /^upgrade: websocket/im.test(bytes.subarray(0, header).toString()) ? frames(bytes.subarray(header)) : bodies(bytes);
    });
    return texts
      .map((text) => JSON.parse(text))
      .map((message) => (message.type === 'subscribe' ? message.payload : message))
      .filter(({ query }) => query?.startsWith('subscription'))
      .map(({ variables }) => variables);
  }

  /** Waits until a client resumes this reply after a cursor. */
  async resumed(messageId: string): Promise<void> {
    while (!this.subscriptions().some((asked) => asked.messageId === messageId && asked.after)) {
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  async close(): Promise<void> {
    this.dropConnections();
    await new Promise((resolve) => this.#entrance.close(resolve));
  }

  #join(near: Socket): void {
    const far = connect(this.port, '127.0.0.1');
    const pair: [Socket, Socket] = [near, far];
    this.#pairs.add(pair);
    const sent: Buffer[] = [];
    this.#sent.push(sent);
    near.on('data', (chunk: Buffer) => {
      sent.push(chunk);
      this.#wake();
    });
    for (const [one, other] of [pair, [far, near] as const]) {
      one.on('error', () => other.destroy());
      one.on('close', () => {
        other.end();
        if (other.destroyed) this.#pairs.delete(pair);
      });
      one.pipe(other);
    }
  }
}

/** Returns the bodies of the requests on one HTTP connection. */
function bodies(bytes: Buffer): string[] {
  const found: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = bytes.indexOf('\r\n\r\n', at) + 4;
    if (end < 4) break;
    const length = Number(/^content-length: (\d+)/im.exec(bytes.subarray(at, end).toString())?.[1] ?? 0);
    if (length && end + length <= bytes.length) found.push(bytes.subarray(end, end + length).toString());
    at = end + length;
  }
  return found;
}

/** Returns the text messages that a client has sent on a WebSocket (RFC 6455, section 5.2). None may be fragmented. */
function frames(bytes: Buffer): string[] {
  const found: string[] = [];
  for (let at = 0; at + 2 <= bytes.length; ) {
    const opcode = bytes[at]! & 0x0f;
    let length = bytes[at + 1]! & 0x7f;
    at += 2;
    if (length === 126) {
      length = bytes.readUInt16BE(at);
      at += 2;
    }
    const mask = bytes.subarray(at, at + 4);
    const payload = bytes.subarray(at + 4, at + 4 + length).map((byte, index) => byte ^ mask[index % 4]!);
    at += 4 + length;
    if (opcode === 1 && at <= bytes.length) found.push(Buffer.from(payload).toString());
  }
  return found;
}
