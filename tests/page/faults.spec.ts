import type { Locator } from '@playwright/test';
import { expect, scripted, test } from './support/test.ts';

const closed = test.extend({ settings: { CONFAB_REGISTRATION: 'closed' } });

closed('where nobody can register, the page says so', async ({ page }) => {
  await page.goto('/');
  await page.getByRole('button', { name: 'Create account' }).click();
  await page.getByLabel('Email').fill('ada@example.com');
  await page.getByLabel('Password').fill('correct horse battery');
  await page.getByRole('button', { name: 'Create account' }).click();
  await expect(page.getByRole('alert')).toHaveText(/^New accounts are not opened here\./);
});

test('an address that is none leads to nothing, and the page stands', async ({ page, ada }) => {
  await page.goto('/c/%E0%A4%A');
  await expect(page.getByText('This conversation does not exist, or is not yours.')).toBeVisible();
  await page.getByRole('main').getByRole('link', { name: 'New chat' }).click();
  await expect(ada.composer).toBeFocused();
});

test('a part of the page that is not there any more does not take the rest with it', async ({ page, context, ada, guard }) => {
  guard.mayLoseConnections = true;
  await ada.pageKept();
  await page.evaluate(async () => Promise.all((await caches.keys()).map((name) => caches.delete(name))));
  await context.route('**/assets/ShortcutsDialog-*', (route) => route.abort());
  await ada.composer.fill('half a thought');
  await page.keyboard.press('Control+/');
  await expect(page.getByText('This part of the page could not be loaded.')).toBeVisible();
  await expect(ada.composer).toHaveValue('half a thought');
});

test('a text that is too deep to be drawn is shown as it is', async ({ page, ada }) => {
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

scripted('a stop that the server refuses is not passed over in silence', async ({ page, ada, provider }) => {
  await ada.say('Tell me.');
  (await provider.asked()).say('One half');
  await expect(ada.reply).toHaveText('One half');
  await page.route('**/graphql', (route) =>
    route.request().postDataJSON()?.operationName === 'StopReply'
      ? route.fulfill({ json: { data: null, errors: [{ message: 'failed', extensions: { code: 'INTERNAL' } }] } })
      : route.fallback(),
  );
  await page.getByRole('button', { name: 'Stop the reply' }).click();
  await expect(page.getByText('The reply could not be stopped: The server failed.')).toBeVisible();
  await expect(page.getByText('Stopping…')).toBeHidden();
});

scripted('to press twice is to try again once', async ({ page, ada, provider }) => {
  await ada.say('Anybody there?');
  (await provider.asked()).refuse(400, 'no');
  await page.getByRole('button', { name: 'Try again' }).dblclick();
  const again = await provider.asked();
  again.say('Yes.');
  again.end();
  await ada.replyEnded();
  await expect(ada.reply).toHaveText('Yes.');
  // Asked again, it is there once, and that it failed at first is past; asked twice again it would be there twice.
  await expect(ada.questions).toHaveCount(1);
  await expect(ada.replies).toHaveCount(1);
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
  first.say('Yes.');
  first.end();
  await ada.replyEnded();
  await hold(ada.questions.first().getByRole('button', { name: 'Send again' }));
  (await provider.asked()).refuse(400, 'no');
  await expect(ada.replies.last()).toContainText('The model gave no answer.');
  await hold(page.getByRole('button', { name: 'Try again' }));
  const last = await provider.asked();
  last.say('Yes, yes.');
  last.end();
  await expect(ada.reply).toHaveText('Yes, yes.');
  await expect(ada.questions).toHaveCount(2);
  // Pressed anew it sends anew.
  await ada.questions.first().getByRole('button', { name: 'Send again' }).press('Enter');
  (await provider.asked()).end();
  await expect(ada.questions).toHaveCount(3);
});

test('a first message that is taken back leaves an empty page, and not one that loads for ever', async ({ page, ada, server, guard }) => {
  guard.mayLoseConnections = true;
  server.line.cut();
  await ada.say('I should not say this.');
  await page.getByRole('button', { name: 'Discard' }).click();
  await expect(page.getByText('Hello, Ada.')).toBeVisible();
  await expect(ada.composer, 'to be written otherwise').toHaveValue('I should not say this.');
  await expect(page.getByText('Loading…')).toHaveCount(0);
});

test('over plain HTTP, where scripts have no clipboard, a secret can be copied all the same', async ({ page, context, ada }) => {
  await context.addInitScript(() => Object.defineProperty(Navigator.prototype, 'clipboard', { value: undefined }));
  await page.reload();
  await ada.accountMenu('Account…');
  const tokens = page.getByRole('region', { name: 'Access tokens' });
  await tokens.getByRole('button', { name: 'New token' }).click();
  await tokens.getByLabel('Name').fill('backup');
  await tokens.getByRole('button', { name: 'Create token' }).click();
  const secret = await tokens.getByLabel('Your new token').inputValue();
  await tokens.getByRole('button', { name: 'Copy' }).click();
  await expect(tokens.getByRole('button', { name: 'Copied' })).toBeFocused();
  await tokens.getByRole('button', { name: 'I have kept it' }).click();
  await page.keyboard.press('Escape');
  await ada.composer.press('Control+V');
  await expect(ada.composer).toHaveValue(secret);
});

const slow = test.extend({ settings: { CONFAB_SEND_RATE: '1' } });

slow('one message too many says why it waits, and can be taken back', async ({ page, ada, guard }) => {
  guard.expected = /status of 429/;
  await ada.say('The first.');
  await ada.replyEnded();
  await ada.say('The second.');
  await expect(page.getByText('Not sent yet: so many messages at once take their time.')).toBeVisible();
  await ada.composer.fill('The third, begun already.');
  await expect(ada.questions.last().getByRole('button', { name: 'Copy' })).toBeVisible();
  await page.getByRole('button', { name: 'Discard' }).click();
  await expect(ada.questions).toHaveText([/The first\./]);
  await expect(ada.composer, 'what is written there is not written over').toHaveValue('The third, begun already.');
});
