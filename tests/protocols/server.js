import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const binary = process.env.CONFAB_TEST_BINARY ?? fileURLToPath(new URL('../../target/debug/confab', import.meta.url));

/** The real server, with a data folder of its own and without rate limits. */
export class Server {
  #child;
  #folder;

  static async start(settings = {}) {
    const server = new Server();
    server.#folder = await mkdtemp(join(tmpdir(), 'confab-protocols-'));
    const unlimited = ['LOGIN_RATE_PER_ADDRESS', 'LOGIN_RATE_PER_ACCOUNT', 'REGISTER_RATE_PER_ADDRESS', 'SEND_RATE', 'COST_RATE'];
    const child = spawn(binary, ['serve'], {
      cwd: server.#folder,
      env: {
        CONFAB_LISTEN: '127.0.0.1:0',
        CONFAB_PACE_MS: '1',
        ...Object.fromEntries(unlimited.map((name) => [`CONFAB_${name}`, '0'])),
        ...settings,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    server.#child = child;
    let log = '';
    child.stderr.on('data', (text) => (log += text));
    for await (const line of createInterface(child.stdout)) {
      log += `${line}\n`;
      const port = /ws:\/\/127\.0\.0\.1:(\d+)/.exec(line)?.[1];
      if (!port) continue;
      server.port = Number(port);
      child.stdout.resume();
      return server;
    }
    throw new Error(`The server does not start:\n${log}`);
  }

  get url() {
    return `http://127.0.0.1:${this.port}/graphql`;
  }

  async close() {
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await ended;
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** Executes an operation over plain HTTP, and returns its data. */
  async data(query, variables = {}, token = undefined) {
    const response = await fetch(this.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
      body: JSON.stringify({ query, variables }),
    });
    const { data, errors } = await response.json();
    if (errors) throw new Error(JSON.stringify(errors));
    return data;
  }

  /** Creates an account. */
  async register() {
    const email = `${crypto.randomUUID()}@example.com`;
    const password = 'correct horse battery';
    const query = 'mutation($input: RegisterInput!) { register(input: $input) { accessToken } }';
    const { register } = await this.data(query, { input: { email, password } });
    return { email, password, token: register.accessToken };
  }

  /** Sends a message to the model `echo`, which repeats it. */
  async send(token, content) {
    const query = `mutation($content: String!) {
      sendMessage(input: { content: $content, model: "echo" }) { conversation { id } reply { id } } }`;
    const { sendMessage } = await this.data(query, { content }, token);
    return { conversation: sendMessage.conversation.id, reply: sendMessage.reply.id };
  }

  async createConversation(token) {
    await this.data('mutation { createConversation(input: { title: "x" }) { conversation { id } } }', {}, token);
  }
}
