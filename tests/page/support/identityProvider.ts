import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Settings } from './server.ts';

const FOLDER = fileURLToPath(new URL('../../identity-provider', import.meta.url));

/** A real OpenID Provider, with pages for signing in. To the browser it is another site than the server. */
export class IdentityProvider {
  private constructor(
    readonly child: ChildProcess,
    readonly issuer: string,
  ) {}

  static async start(): Promise<IdentityProvider> {
    const child = spawn('node', ['main.mjs', 'localhost'], { cwd: FOLDER, stdio: ['pipe', 'pipe', 'ignore'] });
    const [issuer] = await once(createInterface(child.stdout!), 'line');
    return new IdentityProvider(child, issuer);
  }

  /** Settings of a server whose users sign in here. */
  get settings(): Settings {
    return {
      CONFAB_OIDC_ISSUER: this.issuer,
      CONFAB_OIDC_CLIENT_ID: 'public',
      CONFAB_OIDC_NAME: 'Example',
      CONFAB_PUBLIC_URL: '{url}',
    };
  }

  /** The addresses that its pages load. They import a font, which the tests do not let through. */
  get addresses(): RegExp {
    return new RegExp(`^(${this.issuer}/|https://fonts\\.googleapis\\.com/)`);
  }

  async close(): Promise<void> {
    const ended = once(this.child, 'exit');
    this.child.stdin!.end();
    await ended;
  }
}
