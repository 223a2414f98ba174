import { createServer, type AddressInfo } from 'node:net';
import { expect, test } from './support/test.ts';

/** Starts a proxy that cannot reach its server and responds with 502. */
async function badGateway(): Promise<{ port: number; close: () => void }> {
  const proxy = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.on('data', () => socket.end('HTTP/1.1 502 Bad Gateway\r\ncontent-length: 11\r\nconnection: close\r\n\r\nBad gateway'));
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  return { port: (proxy.address() as AddressInfo).port, close: () => proxy.close() };
}

for (const way of ['killed', 'silent', 'behind a proxy that cannot reach it'] as const) {
  test(`a page that is reloaded while its server is ${way} is shown, and continues when the server is back`, async ({ page, ada, context, server, guard }) => {
    guard.mayLoseConnections = true;
    guard.expected = /status of 502/;
    await ada.say('I feel fine.');
    await ada.replyEnded();
    const text = await ada.reply.innerText();
    await ada.composer.fill('half a thought');
    await ada.pageStored();

    const port = server.line.port;
    const proxy = await badGateway();
    if (way === 'killed') {
      await server.kill();
    } else if (way === 'silent') {
      server.line.silence();
    } else {
      server.line.port = proxy.port;
      server.line.dropConnections();
    }
    const address = page.url();
    await page.reload();
    await expect(page.getByText('Can’t reach the server. Trying again…')).toBeVisible({ timeout: 40_000 });
    const other = ada.on(await context.newPage());
    await other.page.goto(address);
    await expect(other.page.getByRole('status')).toContainText('Confab');

    if (way === 'killed') await server.start();
    else server.line.port = port;
    server.line.mend();
    for (const tab of [ada, other]) {
      await expect(tab.reply).toHaveText(text, { timeout: 60_000 });
      await expect(tab.questions).toHaveCount(1);
      await expect(tab.composer).toHaveValue('half a thought');
      await expect(tab.page).toHaveURL(address);
    }
    proxy.close();
  });
}

test('a part of the page that was never opened works without the server', async ({ page, ada, server, guard }) => {
  guard.mayLoseConnections = true;
  await ada.pageStored();
  await server.kill();
  await ada.composer.press('Control+/');
  await expect(page.getByRole('dialog', { name: 'Keyboard shortcuts' })).toBeVisible();
});

test('the service worker stores only public files, in their latest version', async ({ ada, device }) => {
  const page = await (await device()).newPage();
  await page.addInitScript(() => void caches.open('confab:of-an-older-version'));
  await page.goto('/');
  const there = ada.on(page);
  await there.signIn();
  await there.say('Between us.');
  await there.replyEnded();
  await there.pageStored();
  const kept = await page.evaluate(async () => {
    const names = await caches.keys();
    const requests = await Promise.all(names.map(async (name) => (await caches.open(name)).keys()));
    return { names, paths: requests.flat().map(({ url }) => new URL(url).pathname) };
  });
  expect(kept.names).toEqual([expect.not.stringContaining('older')]);
  expect(kept.paths).toContain('/');
  expect(kept.paths.filter((path) => path !== '/' && !path.startsWith('/assets/'))).toEqual([]);
  // The playground is far larger than the chat page, and not part of it.
  expect(kept.paths.filter((path) => /playground|editor|monaco/.test(path))).toEqual([]);
});

test('a device without a network says so, and sends waiting messages when the network is back', async ({ page, context, ada, guard }) => {
  guard.mayLoseConnections = true;
  const offline = page.getByText('You’re offline. Messages will be sent when you’re back.');
  await expect(offline).toBeHidden();
  await context.setOffline(true);
  await expect(offline).toBeVisible();
  await expect(page.getByText('Reconnecting…')).toHaveCount(0);
  await ada.say('Can you hear me?');
  await expect(page.getByText('Waiting for a connection')).toBeVisible();
  await context.setOffline(false);
  await expect(offline).toBeHidden();
  await ada.replyEnded();
  await expect(ada.questions).toHaveText([/Can you hear me\?/]);
  await expect(page.getByText('Waiting for a connection')).toHaveCount(0);
});
