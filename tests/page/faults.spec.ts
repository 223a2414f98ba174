import type { Locator } from '@playwright/test';
import { expect, scripted, test } from './support/test.ts';

const closed = test.extend({ settings: { CONFAB_REGISTRATION: 'closed' } });

closed('the page reports that sign-ups are closed', async ({ page }) => {
  await page.goto('/');
  await page.getByRole('button', { name: 'Create account' }).click();
  await page.getByLabel('Email').fill('ada@example.com');
  await page.getByLabel('Password').fill('correct horse battery');
  await page.getByRole('button', { name: 'Create account' }).click();
  await expect(page.getByRole('alert')).toHaveText(/^Sign-ups are closed\./);
});

test('an invalid address shows that the chat was not found, and the page works', async ({ page, ada }) => {
  await page.goto('/c/%E0%A4%A');
  await expect(page.getByText('Chat not found. It may have been deleted.')).toBeVisible();
  await page.getByRole('main').getByRole('link', { name: 'New chat' }).click();
  await expect(ada.composer).toBeFocused();
});

test('a part of the page that cannot be loaded does not break the rest', async ({ page, context, ada, guard }) => {
  guard.mayLoseConnections = true;
  await ada.pageStored();
  await page.evaluate(async () => Promise.all((await caches.keys()).map((name) => caches.delete(name))));
  await context.route('**/assets/ShortcutsDialog-*', (route) => route.abort());
  await ada.composer.fill('half a thought');
  await page.keyboard.press('Control+/');
  await expect(page.getByText('Couldn’t load this part of the page.')).toBeVisible();
  await expect(ada.composer).toHaveValue('half a thought');
});

test('text that is nested too deeply to render is shown as written', async ({ page, ada }) => {
  await ada.choose('echo');
  for (const depth of [2_000, 9_000]) {
    const nested = '>'.repeat(depth);
    await ada.say(nested);
    await ada.replyEnded();
    await expect(ada.reply).toHaveText(nested);
  }
  await page.reload();
  await expect(ada.reply).toHaveText('>'.repeat(9_000));
  await expect(ada.composer).toBeVisible();
});

scripted('a stop that the server refuses is reported', async ({ page, ada, provider }) => {
  await ada.say('Tell me.');
  (await provider.asked()).say('One half');
  await expect(ada.reply).toHaveText('One half');
  await page.route('**/graphql', (route) =>
    route.request().postDataJSON()?.operationName === 'StopReply'
      ? route.fulfill({ json: { data: null, errors: [{ message: 'failed', extensions: { code: 'INTERNAL' } }] } })
      : route.fallback(),
  );
  await page.getByRole('button', { name: 'Stop the reply' }).click();
  await expect(page.getByText('Couldn’t stop the reply: Something went wrong on the server.')).toBeVisible();
  await expect(page.getByText('Stopping…')).toBeHidden();
});

scripted('a double click on “Try again” retries once', async ({ page, ada, provider }) => {
  await ada.say('Anybody there?');
  (await provider.asked()).refuse(400, 'no');
  await page.getByRole('button', { name: 'Try again' }).dblclick();
  const again = await provider.asked();
  again.say('Yes.');
  again.end();
  await ada.replyEnded();
  await expect(ada.reply).toHaveText('Yes.');
  // The failed reply is the first version. After two retries, there would be three.
  await expect(ada.questions).toHaveCount(1);
  await expect(ada.replies.getByRole('img', { name: 'Version 2 of 2' })).toBeVisible();
  await expect(page.getByRole('button', { name: 'Try again' })).toHaveCount(0);
  await page.reload();
  await expect(ada.reply).toHaveText('Yes.');
  await expect(ada.questions).toHaveCount(1);
});

scripted('a key that is held down sends once', async ({ page, ada, provider }) => {
  const hold = async (button: Locator) => {
    await button.focus();
    for (let press = 0; press < 6; press++) await page.keyboard.down('Enter');
    await page.keyboard.up('Enter');
  };
  await ada.say('Anybody there?');
  const first = await provider.asked();
  first.say('Half an');
  await expect(ada.reply).toHaveText('Half an');
  await page.getByRole('button', { name: 'Stop the reply' }).click();
  await hold(page.getByRole('button', { name: 'Continue' }));
  (await provider.asked()).refuse(400, 'no');
  await expect(ada.replies.last()).toContainText('rejected the request');
  await hold(page.getByRole('button', { name: 'Try again' }));
  const last = await provider.asked();
  last.say('Yes, yes.');
  await expect(ada.reply).toHaveText('Yes, yes.');
  await expect(ada.questions).toHaveCount(2);
  await page.getByRole('button', { name: 'Stop the reply' }).click();
  // Pressing again sends again.
  await page.getByRole('button', { name: 'Continue' }).press('Enter');
  (await provider.asked()).end();
  await expect(ada.questions).toHaveCount(3);
});

test('discarding the first message of a chat leaves an empty page that does not keep loading', async ({ page, ada, server, guard }) => {
  guard.mayLoseConnections = true;
  server.line.cut();
  await ada.say('I should not say this.');
  await page.getByRole('button', { name: 'Discard' }).click();
  await expect(page.getByText('Hi Ada,')).toBeVisible();
  await expect(ada.composer, 'the text can be edited').toHaveValue('I should not say this.');
  await expect(page.getByText('Loading…')).toHaveCount(0);
});

test('a secret can be copied over plain HTTP, where scripts have no clipboard', async ({ page, context, ada }) => {
  await context.addInitScript(() => Object.defineProperty(Navigator.prototype, 'clipboard', { value: undefined }));
  await page.reload();
  await ada.accountMenu('Settings');
  await page.getByRole('tab', { name: 'Access tokens' }).click();
  const tokens = page.getByRole('region', { name: 'Access tokens' });
  await tokens.getByRole('button', { name: 'New token' }).click();
  await tokens.getByLabel('Name').fill('backup');
  await tokens.getByRole('button', { name: 'Create token' }).click();
  const secret = await tokens.getByLabel('Your new token').inputValue();
  await tokens.getByRole('button', { name: 'Copy' }).click();
  await expect(tokens.getByRole('button', { name: 'Copied' })).toBeFocused();
  await tokens.getByRole('button', { name: 'Done' }).click();
  await page.keyboard.press('Escape');
  await ada.composer.press('Control+V');
  await expect(ada.composer).toHaveValue(secret);
});

const slow = test.extend({ settings: { CONFAB_SEND_RATE: '1' } });

slow('a message over the rate limit shows why it waits, and can be discarded', async ({ page, ada, guard }) => {
  guard.expected = /status of 429/;
  await ada.say('The first.');
  await ada.replyEnded();
  await ada.say('The second.');
  await expect(page.getByText('You’re sending fast. This one will follow shortly.')).toBeVisible();
  await ada.composer.fill('The third, begun already.');
  await expect(ada.questions.last().getByRole('button', { name: 'Copy' })).toBeVisible();
  await page.getByRole('button', { name: 'Discard' }).click();
  await expect(ada.questions).toHaveText([/The first\./]);
  await expect(ada.composer, 'other text is not overwritten').toHaveValue('The third, begun already.');
});
