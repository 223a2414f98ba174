import { expect, scripted, test } from './support/test.ts';

// Silent connections stay silent in these tests. The page must not wait for them.

scripted('a stop, a message and the socket recover from a silence that does not end', async ({ page, ada, provider, server, guard }) => {
  guard.mayLoseConnections = true;
  await ada.say('Tell me.');
  const answer = await provider.asked();
  answer.say('One half');
  await expect(ada.reply).toHaveText('One half');

  server.line.silence();
  await page.getByRole('button', { name: 'Stop the reply' }).click();
  await ada.say('And something else.');
  await expect(page.getByText('Stopping…')).toBeVisible();
  await expect(page.getByText('Reconnecting…')).toBeVisible({ timeout: 40_000 });
  server.line.passNewConnections();
  await expect(page.getByText('Stopped.', { exact: true })).toBeVisible({ timeout: 40_000 });
  await expect(ada.questions).toHaveText([/Tell me\./, /And something else\./]);
  await expect(page.getByText('Waiting for a connection')).toBeHidden({ timeout: 40_000 });
  await expect(page.getByText('Reconnecting…')).toBeHidden({ timeout: 40_000 });
});

test('a page that is opened during a silence recovers', async ({ page, ada, guard }) => {
  guard.mayLoseConnections = true;
  let swallowed = 0;
  await page.route('**/graphql', (route) => {
    // No response.
    if (route.request().postDataJSON()?.operationName !== 'RefreshSession' || swallowed++ > 0) return route.fallback();
  });
  await page.goto('/', { waitUntil: 'commit' });
  await expect(ada.composer).toBeVisible({ timeout: 40_000 });
  expect(swallowed).toBe(2);
});

scripted('a device that was asleep for hours, and lost its connection, is up to date again', async ({ page, ada, provider, server, guard }) => {
  guard.mayLoseConnections = true;
  await page.clock.install();
  await page.reload();
  await ada.say('Tell me.');
  const answer = await provider.asked();
  answer.say('One half');
  await expect(ada.reply).toHaveText('One half');

  server.line.silence();
  answer.say(' and the other.');
  answer.end();
  // By now the access token has expired as well.
  await page.clock.fastForward('03:00:00');
  server.line.passNewConnections();
  await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
  await expect(ada.reply).toHaveText('One half and the other.', { timeout: 40_000 });
  await ada.replyEnded();
});
