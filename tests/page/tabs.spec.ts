import type { Page } from '@playwright/test';
import { expect, scripted, test } from './support/test.ts';

scripted('two tabs stay in sync', async ({ page, context, ada, provider }) => {
  await ada.say('Hello.');
  const first = await provider.asked();
  first.say('Half of');
  const other = ada.on(await context.newPage());
  await other.page.goto(page.url());
  for (const tab of [ada, other]) await expect(tab.reply).toHaveText('Half of');
  first.say(' it.');
  first.end();
  for (const tab of [ada, other]) await expect(tab.reply).toHaveText('Half of it.');

  await other.say('And the rest?');
  const second = await provider.asked();
  second.say('Well');
  for (const tab of [ada, other]) {
    await expect(tab.questions).toHaveCount(2);
    await expect(tab.reply).toHaveText('Well');
  }
  await page.getByRole('button', { name: 'Stop the reply' }).click();
  for (const tab of [ada, other]) {
    await expect(tab.page.getByText('Stopped.', { exact: true })).toBeVisible();
    await expect(tab.reply).toHaveText('Well');
  }

  await page.getByRole('button', { name: 'Options for Hello.' }).click();
  await page.getByRole('menuitem', { name: 'Rename' }).click();
  await page.getByLabel('New title').fill('In step');
  await page.getByLabel('New title').press('Enter');
  await expect(other.list.getByRole('link')).toHaveText(['In step']);
  await expect(other.page).toHaveTitle('In step · Confab');
});

test('another device stays in sync, also when a chat is deleted', async ({ ada, device }) => {
  const phone = ada.on(await (await device()).newPage());
  await phone.page.goto('/');
  await phone.signIn();
  await ada.say('Hello.');
  await phone.list.getByRole('link', { name: 'Hello.' }).click();
  await expect(phone.questions).toHaveText(/Hello\./);
  await phone.replyEnded();
  await ada.page.getByRole('button', { name: 'Options for Hello.' }).click();
  await ada.page.getByRole('menuitem', { name: 'Delete' }).click();
  await expect(phone.page.getByText('Chat not found. It may have been deleted.')).toBeVisible();
  await expect(phone.list.getByRole('link')).toHaveCount(0);
});

test('signing out in one tab signs out all tabs', async ({ ada, context }) => {
  const other = ada.on(await context.newPage());
  await other.page.goto('/');
  await expect(other.composer).toBeVisible();
  await ada.accountMenu('Sign out');
  for (const tab of [ada, other]) await expect(tab.page.getByRole('button', { name: 'Sign in', exact: true })).toBeVisible();
  await other.page.reload();
  await expect(other.page.getByRole('button', { name: 'Sign in', exact: true })).toBeVisible();
});

test('signing out everywhere signs out every device', async ({ ada, device }) => {
  const phone = ada.on(await (await device()).newPage());
  await phone.page.goto('/');
  await phone.signIn();
  await expect(phone.composer).toBeVisible();
  await ada.accountMenu('Sign out everywhere');
  await expect(phone.page.getByText('You’ve been signed out.')).toBeVisible();
  await expect(ada.page.getByRole('button', { name: 'Sign in', exact: true })).toBeVisible();
});

const shortLived = scripted.extend({
  settings: ({ provider }, use) => use({ ...provider.settings, CONFAB_ACCESS_TOKEN_TTL: '3' }),
});

shortLived('tokens are refreshed for all tabs while a reply continues', async ({ ada, context, provider }) => {
  const other = ada.on(await context.newPage());
  const renewals: number[] = [];
  // The access token that each tab has sent last, on its socket or with a request.
  const sent = new Map<Page, string>();
  for (const { page } of [ada, other]) {
    const note = (text: string | null | undefined) => {
      const token = /eyJ[\w-]+\.[\w-]+\.[\w-]+/.exec(text ?? '')?.[0];
      if (token) sent.set(page, token);
    };
    page.on('request', (request) => note(request.headers().authorization));
    page.on('websocket', (socket) => socket.on('framesent', ({ payload }) => note(String(payload))));
  }
  context.on('response', async (response) => {
    if (!response.request().postData()?.includes('refreshSession')) return;
    // A response that is in progress when the test ends cannot be read.
    const { errors } = await response.json().catch(() => ({}));
    renewals.push(errors ? 401 : response.status());
  });
  // Reloads both tabs, because the frames of an existing socket are not reported.
  for (const tab of [ada, other]) {
    await tab.page.goto('/');
    await expect(tab.composer).toBeVisible();
  }
  await ada.say('Hello.');
  const answer = await provider.asked();
  answer.say('One');
  await other.list.getByRole('link', { name: 'Hello.' }).click();
  const initial = renewals.length;
  const tokens = new Set<string>();
  for (const word of [' two', ' three', ' four']) {
    const count = renewals.length;
    await expect.poll(() => renewals.length).toBeGreaterThan(count);
    // The token that one tab gets is the other's as well. If each had refreshed by itself, they would differ.
    const shared = () => {
      const [one, another] = [ada, other].map(({ page }) => sent.get(page));
      return one !== undefined && one === another && !tokens.has(one) && tokens.add(one);
    };
    await expect.poll(shared, { message: 'both tabs have the same new token' }).toBeTruthy();
    answer.say(word);
    for (const tab of [ada, other]) await expect(tab.reply).toContainText(word);
  }
  answer.end();
  for (const tab of [ada, other]) {
    await expect(tab.reply).toHaveText('One two three four');
    await tab.replyEnded();
  }
  expect(renewals).not.toContain(401);
  expect(renewals.length - initial).toBeGreaterThanOrEqual(3);
});

const crowded = test.extend({ settings: { CONFAB_MAX_SOCKETS: '1' } });

crowded('a tab over the limit of sockets waits, and connects when there is room', async ({ ada, context, guard }) => {
  const other = ada.on(await context.newPage());
  await other.page.goto('/');
  await expect(other.page.getByText('Reconnecting…')).toBeVisible();
  await expect(ada.page.getByText('Reconnecting…')).toBeHidden();
  await other.say('Can I talk all the same?');
  await expect(other.questions).toHaveText(/Can I talk/);
  guard.mayLoseConnections = true;
  await ada.page.close();
  await expect(other.page.getByText('Reconnecting…')).toBeHidden();
  await other.replyEnded();
});
