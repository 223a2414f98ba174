import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A model behind the OpenAI-compatible API. It repeats the message, and can be held in the middle of the reply. */
export class Model {
  readonly #held = new Map<string, Promise<void>>();

  private constructor(readonly server: Server) {}

  static async start(): Promise<Model> {
    const model: Model = new Model(createServer((request, response) => void model.#answer(request, response)));
    model.server.listen(0, '127.0.0.1');
    await once(model.server, 'listening');
    return model;
  }

  /** Settings of a server that uses this model. */
  get settings(): Record<string, string> {
    const { port } = this.server.address() as AddressInfo;
    return { OPENAI_BASE_URL: `http://127.0.0.1:${port}/v1`, OPENAI_MODELS: 'held' };
  }

  /** Holds the reply to this message after its first words, until the returned function is called. */
  hold(content: string): () => void {
    let release = () => {};
    this.#held.set(content, new Promise((resolve) => (release = resolve)));
    return release;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = '';
    for await (const piece of request) body += piece;
    const content: string = JSON.parse(body).messages.at(-1).content;
    const words = content.split(/(?<= )/);
    const chunk = (chunk: object) => response.write(`data: ${JSON.stringify({ object: 'chat.completion.chunk', ...chunk })}\n\n`);
    const say = (word: string) => chunk({ choices: [{ index: 0, delta: { content: word }, finish_reason: null }] });
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    words.slice(0, 3).forEach(say);
    await this.#held.get(content);
    words.slice(3).forEach(say);
    chunk({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] });
    response.end('data: [DONE]\n\n');
  }
}
