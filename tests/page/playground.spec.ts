import type { Locator, Page } from '@playwright/test';
import type { Person } from './support/person.ts';
import { expect, test } from './support/test.ts';

test.use({ settings: { CONFAB_PACE_MS: '60' } });

async function open(page: Page, tab: string) {
  await page.getByRole('tab').getByRole('button', { name: tab, exact: true }).click();
}

async function run(page: Page, tab: string): Promise<Locator> {
  await open(page, tab);
  return execute(page);
}

/** Runs the operation of the open tab. A click on the tab would discard text that GraphiQL has not stored yet. */
async function execute(page: Page): Promise<Locator> {
  await page.getByRole('button', { name: 'Execute query (Ctrl-Enter)' }).click();
  return page.locator('.graphiql-response');
}

/** Starts a reply, and subscribes to it. */
async function watch(page: Page): Promise<Locator> {
  await page.goto('/playground');
  await expect(await run(page, 'Register')).toContainText('"accessToken"');
  await expect(await run(page, 'SendMessage')).toContainText('"sendMessage"'); // a phone shows the first lines alone
  await run(page, 'WatchReply');
  const events = page.getByRole('region', { name: 'Events' });
  await expect(events).toContainText('ReplySnapshot');
  return events;
}

async function write(page: Page, editor: string, text: string) {
  await page.locator(editor).first().click();
  await page.keyboard.press('Control+A');
  // Inserted as from the clipboard, so that the editor adds no brackets.
  await page.keyboard.insertText(text);
}

/** Records the GraphQL requests that a page sends from now on. */
function requests(page: Page): { query: string; authorization?: string }[] {
  const seen: { query: string; authorization?: string }[] = [];
  page.on('request', (request) => {
    if (request.method() !== 'POST') return;
    seen.push({ query: request.postDataJSON().query, authorization: request.headers().authorization });
  });
  return seen;
}

const signedIn = ({ page, email }: Person) => page.getByText(`Signed in as ${email} on the chat page`);

test('each kind of operation runs, and a reply streams with the token of the registered account', async ({
  page,
}) => {
  await page.goto('/graphql');
  await expect(page, 'a browser is redirected').toHaveURL(/\/playground(#|$)/);
  await expect(await run(page, 'Register')).toContainText('"accessToken"');
  await expect(page.getByText(/^Signed in as ada-\w+@example\.com on this page$/)).toBeVisible();
  await expect(await run(page, 'SendMessage')).toContainText('"PENDING"');

  const response = await run(page, 'WatchReply');
  await expect(response).toContainText('ReplyFinished');
  await expect(page.getByRole('region', { name: 'Events' }), 'it arrived in pieces').toContainText('ReplyDelta');
  await expect(response).toContainText('"COMPLETED"');

  await expect(await run(page, 'MyConversations')).toContainText('"conversations"');
  await expect(response).toContainText('Once there was a server');
});

test('an invalid document is refused with a code', async ({ page, guard }) => {
  guard.expected = /status of 400/;
  await page.goto('/playground');
  await open(page, 'MyConversations');
  await write(page, '.graphiql-editor', '{ nobody');
  await expect(await execute(page)).toContainText(/GRAPHQL_(VALIDATION|PARSE)_FAILED/);
});

test('the examples register a new account each time, and its password stays on the page', async ({ page }) => {
  const passwords = [];
  for (const visit of ['first', 'second']) {
    await page.goto('/playground');
    const asked = page.waitForRequest((request) => request.postData()?.includes('register(') ?? false);
    await expect(await run(page, 'Register'), visit).toContainText('"accessToken"');
    passwords.push((await asked).postDataJSON().variables.input.password);
    await expect(page).toHaveURL(/#query=.*password/);
  }
  expect(new Set(passwords).size).toBe(2);
  await expect(await run(page, 'LogIn'), 'to the last registered account').toContainText('"accessToken"');
  // GraphiQL stores changes with a delay.
  const stored = () => page.evaluate(() => JSON.stringify(localStorage));
  await expect.poll(stored).toContain('logIn(input: $input)');
  await expect.poll(async () => JSON.parse(JSON.parse(await stored())['graphiql:tabState']).activeTabIndex).toBe(7);
  for (const password of passwords) {
    expect(await stored()).not.toContain(password);
    expect(page.url()).not.toContain(password);
  }
});

test('a user who is signed in on the chat page is signed in here, until they sign out', async ({ ada, context }) => {
  const page = await context.newPage();
  const here = ada.on(page);
  await page.goto('/playground');
  await expect(signedIn(here)).toBeVisible();
  await expect(await run(page, 'MyConversations')).toContainText('"name": "Ada"');

  page.on('dialog', (dialog) => dialog.accept());
  await page.getByRole('button', { name: 'Sign out' }).click();
  await expect(page.getByText('Not signed in.')).toBeVisible();
  await expect(ada.page.getByRole('button', { name: 'Sign in', exact: true })).toBeVisible();
  await ada.signIn();
  await expect(signedIn(here), 'this page follows').toBeVisible();
});

test('an Authorization header in the editor takes precedence', async ({ ada: { page }, guard }) => {
  guard.expected = /status of 401/;
  await page.goto('/playground');
  await open(page, 'MyConversations');
  await page.getByRole('button', { name: 'Headers' }).click();
  const [request] = await Promise.all([
    page.waitForRequest((request) => request.postData()?.includes('MyConversations') ?? false),
    write(page, '[aria-label="Headers"] .graphiql-editor:not(.hidden)', '{ "Authorization": "Bearer mine" }').then(async () => {
      await expect(page.locator('[aria-label="Headers"]')).toContainText('mine');
      await execute(page);
    }),
  ]);
  expect(request.headers().authorization).toBe('Bearer mine');
});

for (const where of ['on the chat page', 'on this page']) {
  test(`a refused access token is refreshed and the operation repeated, signed in ${where}`, async ({ ada, page }) => {
    await page.goto('/playground');
    if (where === 'on this page') await expect(await run(page, 'Register')).toContainText('"accessToken"');
    await expect(page.getByText(new RegExp(`^Signed in as .* ${where}$`))).toBeVisible();
    const expired = { data: null, errors: [{ message: 'expired', extensions: { code: 'UNAUTHENTICATED' } }] };
    const ofTheQuery = (url: URL) => url.pathname === '/graphql';
    let refused: string | undefined;
    await page.route(ofTheQuery, async (route) => {
      const { authorization } = route.request().headers();
      if (!route.request().postData()?.includes('MyConversations') || refused) return route.fallback();
      refused = authorization;
      await route.fulfill({ json: expired });
    });
    const seen = requests(page);
    await expect(await run(page, 'MyConversations')).toContainText('"conversations"');
    const [first, refresh, second] = seen;
    expect([first!.authorization, refresh!.authorization]).toEqual([refused, undefined]);
    expect(refresh!.query).toContain('refreshSession');
    expect(second!.authorization).toMatch(/^Bearer /);
    expect(second!.authorization).not.toBe(refused);
    expect(seen).toHaveLength(3);
    expect(ada.page).toBe(page);
  });
}

test('a dropped connection resumes after the cursor, and nothing is lost or repeated', async ({ page }) => {
  const subscriptions: string[] = [];
  page.on('websocket', (socket) =>
    socket.on('framesent', ({ payload }) => String(payload).includes('"subscribe"') && subscriptions.push(String(payload))),
  );
  const events = await watch(page);
  await expect(events).toContainText('ReplyDelta');
  await expect(events.getByRole('status')).toHaveText('Connected');
  await events.getByRole('button', { name: 'Drop connection' }).click();
  await expect(events).toContainText('Disconnected (4499 Terminated)');
  await expect(events).toContainText(/Reconnected, resumed after \S+/);
  await expect(events.getByText('The assembled text equals the finished message')).toBeVisible();
  await expect(events.getByRole('status')).toHaveText(/^Disconnected/);
  expect(subscriptions).toHaveLength(2);
  expect(JSON.parse(subscriptions[0]!).payload.query).toMatch(/reply\(messageId: \$messageId\)/);
  expect(JSON.parse(subscriptions[1]!).payload.query).toMatch(/reply\(messageId: \$messageId, after: "[^"]+"\)/);

  await events.getByText('ReplyFinished', { exact: true }).click();
  await expect(events.locator('details[open]')).toContainText('"COMPLETED"');
});

test.describe(() => {
  test.use({ settings: { CONFAB_PACE_MS: '60', CONFAB_ACCESS_TOKEN_TTL: '2' } });

  test('a subscription outlives its access token', async ({ page }) => {
    const events = await watch(page);
    await expect(events).toContainText('Disconnected (4403');
    await expect(events).toContainText('Reconnected');
    await expect(events.getByText('The assembled text equals the finished message')).toBeVisible();
  });
});

test('copying as curl copies the operation without a token', async ({ ada: { page }, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.goto('/playground');
  await open(page, 'WatchReply');
  await page.getByRole('button', { name: 'Copy as curl' }).click();
  await expect(page.getByText('Copied.')).toBeVisible();
  const command = await page.evaluate(() => navigator.clipboard.readText());
  expect(command).toContain('subscription WatchReply');
  expect(command).toContain('"authorization: Bearer $TOKEN"');
  expect(command).not.toContain('eyJ');
});

test('a link opens its operation in a tab without running it', async ({ ada: { page } }) => {
  const seen = requests(page);
  const link = new URLSearchParams({
    query: 'mutation Shared($id: ID!) { deleteConversation(input: { id: $id }) { deletedId } }',
    variables: '{"id":"conversation_1"}',
  });
  await page.goto(`/playground#${link}`);
  await expect(page.getByRole('tab', { selected: true })).toContainText('Shared');
  await expect(page.locator('[aria-label="Operation Editor"]')).toContainText('deleteConversation');
  await expect(page.locator('[aria-label="Variables"]')).toContainText('conversation_1');
  // Running another operation runs only that one.
  await expect(await run(page, 'Models')).toContainText('"echo"');
  await expect(page).toHaveURL(/#query=.*Models/);
  expect(seen.filter(({ query }) => query.includes('Shared'))).toEqual([]);
});

test('the explorer writes operations', async ({ page }) => {
  await page.goto('/playground');
  await open(page, 'Models');
  await page.getByRole('button', { name: 'Show GraphiQL Explorer' }).click();
  await page.locator('[data-field-name="isDefault"]').first().click();
  await expect(page.locator('[aria-label="Operation Editor"]')).toContainText('isDefault');
});

test.describe(() => {
  test.use({ viewport: { width: 390, height: 844 }, hasTouch: true });

  test('everything can be reached on a phone', async ({ page }) => {
    const events = await watch(page);
    await events.getByRole('button', { name: 'Drop connection' }).tap();
    await expect(events).toContainText('Reconnected');
    for (const name of ['Copy as curl', 'Show GraphiQL Explorer', 'Sign out', 'Headers']) {
      await page.getByRole('button', { name }).scrollIntoViewIfNeeded();
      await expect(page.getByRole('button', { name })).toBeInViewport({ ratio: 1 });
    }
    await page.getByRole('button', { name: 'Show GraphiQL Explorer' }).tap();
    await expect(page.locator('.graphiql-explorer-root')).toBeInViewport();
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
  });
});

test.describe(() => {
  test.use({ settings: { CONFAB_PLAYGROUND: 'off' } });

  test('where the playground is off, its address says so and the chat page does not link to it', async ({ ada, guard }) => {
    await ada.page.getByRole('button', { name: /^Account: / }).click();
    await expect(ada.page.getByRole('menuitem', { name: 'Sign out', exact: true })).toBeVisible();
    await expect(ada.page.getByRole('menuitem', { name: 'API playground' })).toHaveCount(0);
    guard.expected = /status of 404/;
    const response = await ada.page.goto('/playground');
    expect(response!.status()).toBe(404);
    await expect(ada.page.locator('body')).toContainText('CONFAB_PLAYGROUND');
  });
});

test.describe(() => {
  const settings = { CONFAB_ENV: 'production', CONFAB_JWT_SECRET: '5f0c6d1e9a7b48c3e2f1a0b9d8c7e6f5', CONFAB_PLAYGROUND: 'on' };
  test.use({ settings });

  test('in production, the page explains why there is no schema and does not request it', async ({ page }) => {
    const seen = requests(page);
    await page.goto('/playground');
    await expect(page.getByText('This server runs in production, where introspection is off.')).toBeVisible();
    await expect(await run(page, 'Models')).toContainText('"echo"');
    expect(seen.filter(({ query }) => query.includes('__schema'))).toEqual([]);
  });
});
