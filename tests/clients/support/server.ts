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

  private constructor(
    /** Port on which it listens. A client connects through a line. */
    readonly port: number,
    readonly folder: string,
    readonly child: ChildProcess,
  ) {}

  static async start(settings: Readonly<Record<string, string>> = {}): Promise<Server> {
    const folder = await mkdtemp(join(tmpdir(), 'confab-clients-'));
    await writeFile(join(folder, 'key.pem'), KEY.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
    const child = spawn(BINARY, ['serve'], {
      cwd: folder,
      env: { CONFAB_LISTEN: '127.0.0.1:0', CONFAB_JWT_KEY_FILE: 'key.pem', ...settings },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let log = '';
    child.stderr!.on('data', (text) => (log += text));
    for await (const words of createInterface(child.stdout!)) {
      log += `${words}\n`;
      const port = /ws:\/\/127\.0\.0\.1:(\d+)/.exec(words)?.[1];
      if (!port) continue;
      const server = new Server(Number(port), folder, child);
      for (const stream of [child.stdout!, child.stderr!]) stream.on('data', (text) => (server.log += text)).resume();
      return server;
    }
    throw new Error(`The server does not start:\n${log}`);
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
    if (this.child.exitCode === null) {
      const ended = once(this.child, 'exit');
      this.child.kill('SIGKILL');
      await ended;
    }
    await rm(this.folder, { recursive: true, force: true });
  }
}
