import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Line } from './line.ts';

const BINARY = process.env.CONFAB_TEST_BINARY ?? fileURLToPath(new URL('../../../target/debug/confab', import.meta.url));

/** Settings that are left out have their defaults. `{url}` stands for the address at which browsers see the server. */
export type Settings = Readonly<Record<string, string>>;

/** The real server, with its own folder and settings, at the far end of a line. */
export class Server {
  /** Everything it has logged, for the analysis of a failure. */
  log = '';

  #child: ChildProcess | undefined;

  private constructor(
    readonly line: Line,
    readonly folder: string,
    readonly settings: Settings,
  ) {}

  static async start(settings: Settings): Promise<Server> {
    const server = new Server(await Line.open(), await mkdtemp(join(tmpdir(), 'confab-page-')), settings);
    await server.start();
    return server;
  }

  get url(): string {
    return this.line.url;
  }

  get database(): string {
    return join(this.folder, 'data', 'confab.db');
  }

  /** Starts the server, or restarts it with its stored data. */
  async start(): Promise<void> {
    const child = spawn(BINARY, ['serve'], {
      cwd: this.folder,
      env: { CONFAB_LISTEN: '127.0.0.1:0', ...this.#environment() },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    child.stderr!.on('data', (text) => (this.log += text));
    for await (const words of createInterface(child.stdout!)) {
      this.log += `${words}\n`;
      const port = /ws:\/\/127\.0\.0\.1:(\d+)/.exec(words)?.[1];
      if (!port) continue;
      this.line.port = Number(port);
      child.stdout!.resume();
      return;
    }
    throw new Error(`The server did not start:\n${this.log}`);
  }

  /** Ends the server without warning, as a power failure does. */
  kill(): Promise<void> {
    return this.#signal('SIGKILL');
  }

  /** Ends the server with SIGTERM, so that it can shut down gracefully. */
  terminate(): Promise<void> {
    return this.#signal('SIGTERM');
  }

  async close(): Promise<void> {
    await this.line.close();
    await this.kill();
    await rm(this.folder, { recursive: true, force: true });
  }

  #environment(): Settings {
    return Object.fromEntries(Object.entries(this.settings).map(([name, value]) => [name, value.replace('{url}', this.url)]));
  }

  async #signal(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (!child || child.exitCode !== null) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  }
}
