import type { BrowserContext } from '@playwright/test';
import type { Server } from './server.ts';

/** Messages that a browser logs when a connection breaks, whatever the page does. */
const LOST = /^(Failed to load resource: net::ERR_|WebSocket connection to )/;

/** Records what our pages must never do, in every page of a context. */
export class Guard {
  readonly faults: string[] = [];
  /** Set while the network or the server is down. */
  mayLoseConnections = false;
  /** Messages that the test causes on purpose. */
  expected: RegExp | undefined;
  /** Addresses of other hosts whose pages the test visits, and of what these load. */
  others: RegExp | undefined;

  constructor(readonly server: Server) {}

  async watch(context: BrowserContext): Promise<void> {
    await context.addInitScript(() =>
      addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) =>
        console.error(`against the policy: ${violatedDirective} ${blockedURI}`),
      ),
    );
    context.on('console', (message) => {
      if (message.type() !== 'error' && message.type() !== 'warning') return;
      if (this.mayLoseConnections && LOST.test(message.text())) return;
      if (this.expected?.test(message.text()) || this.others?.test(message.location().url)) return;
      this.faults.push(`console: ${message.text()} (${message.location().url})`);
    });
    context.on('weberror', (error) => this.faults.push(`uncaught: ${error.error().stack}`));
    context.on('request', (request) => this.#checkUrl(request.url()));
    context.on('page', (page) => page.on('websocket', (socket) => this.#checkUrl(socket.url().replace(/^ws/, 'http'))));
  }

  #checkUrl(url: string): void {
    if (url.startsWith(`${this.server.url}/`) || /^(data|blob):/.test(url) || this.others?.test(url)) return;
    this.faults.push(`a request to another host: ${url}`);
  }
}
