import type { Page } from '@playwright/test';
import { Api } from './support/api.ts';
import { expect, test } from './support/test.ts';

const unlimited = test.extend({ settings: { CONFAB_SEND_RATE: '0' } });

interface Asked {
  operationName?: string;
  variables?: { before?: string; after?: string };
}

/** Lets the server fail at some operations while `failing` is set, and counts the requests for each of them. */
async function fail(page: Page, at: (asked: Asked) => boolean) {
  const failure = { failing: true, asked: new Map<string, number>() };
  await page.route('**/graphql', (route) => {
    const asked = (route.request().postDataJSON() ?? {}) as Asked;
    if (!failure.failing || !at(asked)) return route.fallback();
    failure.asked.set(asked.operationName!, (failure.asked.get(asked.operationName!) ?? 0) + 1);
    return route.fulfill({ json: { data: null, errors: [{ message: 'failed', extensions: { code: 'INTERNAL' } }] } });
  });
  return failure;
}

const REASON = 'Couldn’t load this: Something went wrong on the server.';

test('a failed load shows why, and is retried by itself and on request', async ({ page, ada, server }) => {
  const id = await (await Api.of(server, ada)).say('Hello.');
  const failure = await fail(page, ({ operationName }) => /^Conversations?$/.test(operationName ?? ''));
  await page.goto(`/c/${id}`);
  const main = page.getByRole('main');
  for (const place of [main, ada.list]) await expect(place.getByText(REASON)).toBeVisible();
  await expect(page.getByText('Loading…')).toHaveCount(0);
  await expect(page.getByRole('heading', { name: 'New chat' })).toHaveCount(0);
  for (const operation of ['Conversation', 'Conversations']) {
    const before = failure.asked.get(operation)!;
    await expect.poll(() => failure.asked.get(operation)).toBeGreaterThan(before);
  }

  // From here on, the pauses do not end by themselves, only by the button.
  await page.clock.install();
  await page.reload();
  for (const place of [main, ada.list]) await expect(place.getByText(REASON)).toBeVisible();
  await page.clock.pauseAt(Date.now() + 3_600_000);
  for (const place of [main, ada.list]) await place.getByRole('button', { name: 'Try again' }).click();
  for (const place of [main, ada.list]) await expect(place.getByText(REASON)).toBeVisible();
  failure.failing = false;
  for (const place of [main, ada.list]) await place.getByRole('button', { name: 'Try again' }).click();
  await expect(ada.questions).toHaveText(/Hello\./);
  await expect(ada.list.getByRole('link')).toHaveText(['Hello.']);
  await expect(page.getByRole('button', { name: 'Try again' })).toHaveCount(0);
});

unlimited('a failed load of older messages and chats does the same', async ({ page, ada, server }) => {
  const api = await Api.of(server, ada);
  await api.converse(...Array.from({ length: 100 }, (_, index) => `Talk ${index}`));
  const id = await api.say('Message 0');
  for (let index = 1; index < 40; index++) await api.say(`Message ${index}`, id);
  const failure = await fail(page, ({ variables }) => Boolean(variables?.before ?? variables?.after));
  await page.goto(`/c/${id}`);
  await expect(ada.questions.last()).toHaveText(/Message 39/);
  await page.getByRole('region', { name: 'Messages' }).press('Home');
  await ada.list.getByRole('link').first().hover();
  await page.mouse.wheel(0, 3000);
  for (const place of [page.getByRole('main'), ada.list]) await expect(place.getByText(REASON)).toBeVisible();
  await expect(page.getByText('Loading earlier messages…')).toHaveCount(0);
  failure.failing = false;
  for (const place of [page.getByRole('main'), ada.list]) {
    await place.getByRole('button', { name: 'Try again' }).click();
    await expect(place.getByText(REASON)).toHaveCount(0);
  }
  await page.getByRole('region', { name: 'Messages' }).press('Home');
  await expect(ada.questions.first()).toHaveText(/Message 0/);
});

test('a lost network is reported only once', async ({ page, ada, server, guard }) => {
  guard.mayLoseConnections = true;
  const [id] = await (await Api.of(server, ada)).converse('Not seen yet');
  await expect(ada.list.getByRole('link')).toHaveText(['Not seen yet']);
  let failed = 0;
  page.on('requestfailed', (request) => request.postData()?.includes(id!) && failed++);
  server.line.cut();
  await ada.list.getByRole('link').click();
  await expect.poll(() => failed).toBeGreaterThan(3);
  await expect(page.getByText('Reconnecting…')).toBeVisible();
  await expect(page.getByText('Loading…')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Try again' })).toHaveCount(0);
  server.line.mend();
  await expect(page.getByText('Reconnecting…')).toBeHidden({ timeout: 40_000 });
  await expect(page.getByText('Loading…')).toBeHidden();
});

test('a proxy that replaces the Host header is reported, until it passes the header on', async ({ page, guard }) => {
  guard.expected = /status of 403/;
  await page.route('**/graphql', async (route) => {
    const headers = { ...route.request().headers(), host: 'backend:8000' };
    await route.fulfill({ response: await route.fetch({ headers }) });
  });
  await page.goto('/');
  await expect(page.getByText('the proxy in front of it doesn’t pass on the Host header')).toBeVisible();
  await page.unrouteAll({ behavior: 'wait' });
  await expect(page.getByRole('button', { name: 'Sign in', exact: true })).toBeVisible();
});
