import { expect, scripted } from './support/test.ts';
import { shared } from './support/database.ts';
import { Server } from './support/server.ts';

const several = scripted.extend<{ another: Server }>({
  settings: async ({ provider }, use) => use({ ...provider.settings, ...(await shared()), CONFAB_LEASE: '3' }),

  async another({ server }, use) {
    const another = await Server.start(server.settings);
    await use(another);
    await another.close();
  },
});

several('a tab follows a reply that another instance writes, and moves when its own instance is killed', async ({
  page, ada, guard, provider, server, another, context,
}) => {
  guard.mayLoseConnections = true;
  await ada.say('Tell me.');
  const first = await provider.asked();
  first.say('One');
  await expect(ada.reply).toHaveText('One');

  // From here on, new connections reach the other instance.
  server.line.port = another.line.port;
  const other = ada.on(await context.newPage());
  await other.page.goto(page.url());
  await expect(other.reply).toHaveText('One');
  first.say(' two');
  for (const tab of [ada, other]) await expect(tab.reply).toHaveText('One two');

  await server.kill();
  const second = await provider.asked();
  second.say('One two three.');
  second.end();
  for (const tab of [ada, other]) {
    await expect(tab.reply).toHaveText('One two three.');
    await tab.replyEnded();
    await expect(tab.replies).toHaveCount(1);
    await expect(tab.page.getByText('Reconnecting…')).toBeHidden();
  }
});
