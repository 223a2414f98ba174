import { test as base, expect, type BrowserContext } from '@playwright/test';
import { Guard } from './guard.ts';
import { Person } from './person.ts';
import { Provider } from './provider.ts';
import { Server, type Settings } from './server.ts';

interface Options {
  settings: Settings;
}

interface Fixtures {
  server: Server;
  guard: Guard;
  /** A user with an account, at an empty page. */
  ada: Person;
  /** Opens another device: a browser that shares nothing with the first. */
  device: () => Promise<BrowserContext>;
}

/** A server and a browser. The test fails if a page does what the guard forbids. */
export const test = base.extend<Options & Fixtures>({
  settings: [{}, { option: true }],

  async server({ settings }, use, info) {
    const server = await Server.start({ CONFAB_PACE_MS: '5', ...settings });
    await use(server);
    await server.close();
    if (info.status !== info.expectedStatus) await info.attach('server', { body: server.log, contentType: 'text/plain' });
  },

  async guard({ server }, use) {
    const guard = new Guard(server);
    await use(guard);
    expect(guard.faults).toEqual([]);
  },

  baseURL: ({ server }, use) => use(server.url),

  async context({ context, guard }, use) {
    await guard.watch(context);
    await use(context);
  },

  async device({ browser, guard, contextOptions, baseURL }, use) {
    const contexts: BrowserContext[] = [];
    await use(async () => {
      const context = await browser.newContext({ ...contextOptions, baseURL });
      contexts.push(context);
      await guard.watch(context);
      return context;
    });
    for (const context of contexts) await context.close();
  },

  async ada({ page }, use) {
    const ada = new Person(page);
    await ada.signUp();
    await use(ada);
  },
});

/** The same, with a model that is scripted by the test. */
export const scripted = test.extend<{ provider: Provider }>({
  async provider({}, use) {
    const provider = await Provider.start();
    await use(provider);
    await provider.close();
  },
  settings: ({ provider }, use) => use(provider.settings),
});

export { expect };
