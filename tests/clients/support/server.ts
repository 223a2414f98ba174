import { spawn, type ChildProcess } from 'node:child_process';
import { generateKeyPairSync, sign } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Tokens } from '../examples/session.ts';

const BINARY = process.env.CONFAB_TEST_BINARY ?? fileURLToPath(new URL('../../../target/debug/confab', import.meta.url));

/** Signs the access tokens of every server here, so that a test can create an expired one. */
const KEY = generateKeyPairSync('ed25519').privateKey;

/** The real server, with its own folder and settings. */
export class Server {
  /** Everything it has logged, for the analysis of a failure. */
  log = '';

  /** Port on which it listens. A client connects through a line. */
  port = 0;

  #child: ChildProcess | undefined;

  private constructor(
    readonly folder: string,
    readonly settings: Readonly<Record<string, string>>,
  ) {}

  static async start(settings: Readonly<Record<string, string>> = {}): Promise<Server> {
    const folder = await mkdtemp(join(tmpdir(), 'confab-clients-'));
    await writeFile(join(folder, 'key.pem'), KEY.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
    const server = new Server(folder, settings);
    await server.start();
    return server;
  }

  /** Starts the server, or starts it again with its stored data, on another port. */
  async start(): Promise<void> {
    const child = spawn(BINARY, ['serve'], {
      cwd: this.folder,
      env: { CONFAB_LISTEN: '127.0.0.1:0', CONFAB_JWT_KEY_FILE: 'key.pem', ...this.settings },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    child.stderr!.on('data', (text) => (this.log += text));
    for await (const words of createInterface(child.stdout!)) {
      this.log += `${words}\n`;
      const port = /ws:\/\/127\.0\.0\.1:(\d+)/.exec(words)?.[1];
      if (!port) continue;
      this.port = Number(port);
      child.stdout!.on('data', (text) => (this.log += text)).resume();
      return;
    }
    throw new Error(`The server does not start:\n${this.log}`);
  }

  /** Ends the server without warning, as a power failure does. */
  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (!child || child.exitCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }

  /** Its address without a line. */
  get url(): string {
    return `http://127.0.0.1:${this.port}/graphql`;
  }

  /** Registers a user, and returns the tokens. */
  async register(): Promise<Tokens> {
    const email = `${crypto.randomUUID()}@example.com`;
    const query = `mutation ($email: String!) {
      register(input: { email: $email, password: "correct horse battery" }) { accessToken refreshToken expiresIn } }`;
    return (await this.ask(query, { email })).register;
  }

  /** Returns the access token with another expiry: this many seconds after it was issued. */
  static expiringAfter(seconds: number, accessToken: string): string {
    const [header, claims] = accessToken.split('.');
    const { iat, ...others } = JSON.parse(Buffer.from(claims!, 'base64url').toString());
    const changed = Buffer.from(JSON.stringify({ ...others, iat, exp: iat + seconds })).toString('base64url');
    const signature = sign(null, Buffer.from(`${header}.${changed}`), KEY).toString('base64url');
    return `${header}.${changed}.${signature}`;
  }

  async ask(query: string, variables: object = {}, token?: string): Promise<any> {
    const { data, errors } = await this.post(query, variables, token);
    if (errors) throw new Error(JSON.stringify(errors));
    return data;
  }

  /** Sends a request without a line, so that it is neither recorded nor cut off. */
  async post(query: string, variables: object, token?: string): Promise<any> {
    const response = await fetch(this.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
      body: JSON.stringify({ query, variables }),
    });
    return response.json();
  }

  async close(): Promise<void> {
    await this.kill();
    await rm(this.folder, { recursive: true, force: true });
  }
}
