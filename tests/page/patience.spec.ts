import { expect, scripted, test } from './support/test.ts';

// What is silent stays silent here: it is the page that must not wait for it for ever.

scripted('a stop, a message and the socket get out of a silence that does not end', async ({ page, ada, provider, server, guard }) => {
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
  server.line.passOthers();
  await expect(page.getByText('Stopped.', { exact: true })).toBeVisible({ timeout: 40_000 });
  await expect(ada.questions).toHaveText([/Tell me\./, /And something else\./]);
  await expect(page.getByText('Not sent yet')).toBeHidden({ timeout: 40_000 });
  await expect(page.getByText('Reconnecting…')).toBeHidden({ timeout: 40_000 });
});

test('so does a page that is opened in it', async ({ page, ada, guard }) => {
  guard.mayLoseConnections = true;
  let swallowed = 0;
  await page.route('**/graphql', (route) => {
    // Neither answered nor refused.
    if (route.request().postDataJSON()?.operationName !== 'RefreshSession' || swallowed++ > 0) return route.fallback();
  });
  await page.goto('/', { waitUntil: 'commit' });
  await expect(ada.composer).toBeVisible({ timeout: 40_000 });
  expect(swallowed).toBe(2);
});

scripted('a device that was asleep for hours, and whose connection is gone, is up to date again', async ({ page, ada, provider, server, guard }) => {
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
  // By now its token has expired as well.
  await page.clock.fastForward('03:00:00');
  server.line.passOthers();
  await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
  await expect(ada.reply).toHaveText('One half and the other.', { timeout: 40_000 });
  await ada.replyEnded();
});
