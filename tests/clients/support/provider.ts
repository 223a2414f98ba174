import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A model whose every word the test determines, behind the OpenAI-compatible API. */
export class Provider {
  readonly #asked: Answer[] = [];
  #wake = () => {};

  private constructor(readonly server: Server) {}

  static async start(): Promise<Provider> {
    const provider: Provider = new Provider(createServer((request, response) => void provider.#take(request, response)));
    provider.server.listen(0, '127.0.0.1');
    await once(provider.server, 'listening');
    return provider;
  }

  /** Settings of a server that uses this model. */
  get settings(): Record<string, string> {
    const { port } = this.server.address() as AddressInfo;
    return { OPENAI_BASE_URL: `http://127.0.0.1:${port}/v1`, OPENAI_MODELS: 'scripted' };
  }

  /** Waits for the next request that is not answered yet. */
  async asked(): Promise<Answer> {
    while (this.#asked.length === 0) await new Promise<void>((resolve) => (this.#wake = resolve));
    return this.#asked.shift()!;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    for await (const _ of request);
    this.#asked.push(new Answer(response));
    this.#wake();
  }
}

/** The model's response to one request. */
export class Answer {
  constructor(readonly response: ServerResponse) {}

  say(text: string): void {
    this.#delta({ content: text });
  }

  think(text: string): void {
    this.#delta({ reasoning_content: text });
  }

  cite(url: string, title: string): void {
    this.#delta({ annotations: [{ type: 'url_citation', url_citation: { url, title } }] });
  }

  end(text = ''): void {
    this.#delta({ content: text }, 'stop');
    this.response.end('data: [DONE]\n\n');
  }

  /** Fails before the first word. */
  refuse(status: number, message: string): void {
    this.response.writeHead(status, { 'content-type': 'application/json' });
    this.response.end(JSON.stringify({ error: { message } }));
  }

  #delta(delta: object, finish_reason: string | null = null): void {
    if (!this.response.headersSent) this.response.writeHead(200, { 'content-type': 'text/event-stream' });
    const chunk = { object: 'chat.completion.chunk', choices: [{ index: 0, delta, finish_reason }] };
    this.response.write(`data: ${JSON.stringify(chunk)}\n\n`);
  }
}
