import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Settings } from './server.ts';

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
  get settings(): Settings {
    const { port } = this.server.address() as AddressInfo;
    return {
      CONFAB_PROVIDERS: 'scripted,builtin',
      SCRIPTED_BASE_URL: `http://127.0.0.1:${port}/v1`,
      SCRIPTED_MODELS: 'scripted',
    };
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
    let body = '';
    for await (const piece of request) body += piece;
    this.#asked.push(new Answer(JSON.parse(body), response));
    this.#wake();
  }
}

/** The model's response to one request. */
export class Answer {
  constructor(
    readonly request: { messages: { role: string; content: string }[] },
    readonly response: ServerResponse,
  ) {}

  say(text: string): void {
    this.#chunk({ choices: [{ index: 0, delta: { content: text }, finish_reason: null }] });
  }

  reason(text: string): void {
    this.#chunk({ choices: [{ index: 0, delta: { reasoning_content: text }, finish_reason: null }] });
  }

  cite(url: string, title?: string): void {
    const annotations = [{ type: 'url_citation', url_citation: { url, title } }];
    this.#chunk({ choices: [{ index: 0, delta: { annotations }, finish_reason: null }] });
  }

  /** Ends the answer, with a last piece of text. */
  end(text = ''): void {
    this.#chunk({ choices: [{ index: 0, delta: text ? { content: text } : {}, finish_reason: 'stop' }] });
    this.#chunk({ choices: [], usage: { prompt_tokens: 1200, completion_tokens: 34, total_tokens: 1234 } });
    this.response.end('data: [DONE]\n\n');
  }

  /** Sends an event of the Responses API. */
  event(type: string, data: object): void {
    this.#write({ type, ...data });
  }

  /** Fails before the first word. */
  refuse(status: number, message: string): void {
    this.response.writeHead(status, { 'content-type': 'application/json' });
    this.response.end(JSON.stringify({ error: { message } }));
  }

  breakOff(): void {
    this.response.destroy();
  }

  #chunk(chunk: object): void {
    this.#write({ id: '1', object: 'chat.completion.chunk', ...chunk });
  }

  #write(data: object): void {
    if (!this.response.headersSent) this.response.writeHead(200, { 'content-type': 'text/event-stream' });
    this.response.write(`data: ${JSON.stringify(data)}\n\n`);
  }
}
