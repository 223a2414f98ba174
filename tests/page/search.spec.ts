import type { Page, Route } from '@playwright/test';
import { Api } from './support/api.ts';
import { expect, test } from './support/test.ts';

const field = (page: Page) => page.getByRole('combobox', { name: 'Search chats and messages' });
const options = (page: Page) => page.getByRole('dialog').getByRole('option');
const status = (page: Page) => page.getByRole('dialog', { name: 'Search chats and messages' }).getByRole('status');
const searches = (route: Route) => route.request().postDataJSON()?.operationName === 'Search';
/** A response to a search. */
const results = (changed: object) => {
  const search = { nodes: [], pageInfo: { hasNextPage: false, endCursor: null }, complete: true, ...changed };
  return { json: { data: { me: { id: 'user', search } } } };
};

test('a message is found, and its chat opens at it', async ({ page, ada, server }) => {
  const api = await Api.of(server, ada);
  const id = await api.say('Where does the Héron wait?');
  for (let number = 2; number <= 60; number++) await api.say(`Number ${number}`, id);
  await api.converse('Herons and others');
  await page.reload();
  await page.getByRole('button', { name: 'Search', exact: true }).click();
  await field(page).fill('heron');
  await expect(options(page).first()).toHaveText('Herons and others');
  await expect(status(page)).toHaveText('4 results');
  await expect(options(page).locator('mark')).toHaveText(['Heron', 'Héron', 'Héron', 'Héron']);
  await field(page).press('ArrowUp');
  await field(page).press('ArrowDown');
  await expect(options(page).first()).toHaveAttribute('aria-selected', 'true');
  await expect(field(page)).toHaveAttribute('aria-activedescendant', (await options(page).first().getAttribute('id'))!);
  await options(page).last().click();
  await expect(page).toHaveURL(new RegExp(id));
  const message = page.getByRole('article').filter({ hasText: 'Héron' });
  await expect(message.first()).toBeInViewport();
  await expect(page.locator('article:focus')).toContainText('Héron');
  await page.keyboard.type('Typing');
  await expect(ada.composer).toHaveValue('Typing');

  // All pages of the results, and only the first one after another query.
  await page.keyboard.press('Control+k');
  await field(page).fill('number');
  await expect(status(page)).toHaveText('20 results');
  for (const count of [40, 60]) {
    await page.getByRole('button', { name: 'Show more' }).click();
    await expect(status(page)).toHaveText(`${count} results`);
    await expect(field(page)).toBeFocused();
  }
  await field(page).fill('héron');
  await expect(status(page)).toHaveText('4 results');
  await field(page).fill('number');
  await expect(status(page)).toHaveText('20 results');
  await page.keyboard.press('Escape');

  // In the chat that is open, from its end.
  await page.getByRole('button', { name: 'Scroll to bottom' }).click();
  await expect(ada.questions.last()).toBeInViewport();
  await page.keyboard.press('Control+k');
  await field(page).fill('number 31');
  await expect(options(page)).toHaveCount(2);
  await field(page).press('Enter');
  await expect(page.locator('article:focus')).toContainText('Number 31');
  await expect(page.locator('article:focus')).toBeInViewport();
});

test('a message on another branch is shown', async ({ page, ada, server }) => {
  const api = await Api.of(server, ada);
  const id = await api.say('Tell me about bowlines.');
  const { conversation } = await api.ask('query($id: ID!) { conversation(id: $id) { messages(first: 1) { nodes { id } } } }', { id });
  const input = { conversationId: id, content: 'Tell me about splices.', model: 'echo', replaces: conversation.messages.nodes[0].id };
  await api.ask('mutation($input: SendMessageInput!) { sendMessage(input: $input) { reply { id } } }', { input });
  await page.goto(`/c/${id}`);
  await expect(ada.reply).toHaveText('Tell me about splices.');
  await ada.replyEnded();
  await page.keyboard.press('Control+k');
  await field(page).fill('about bowl');
  await expect(options(page)).toHaveCount(3);
  await options(page).last().click();
  await expect(ada.questions.locator('.bubble')).toHaveText(['Tell me about bowlines.']);
  await expect(page.locator('article:focus')).toContainText('bowlines');

  // One that the chat cannot reach.
  const message = { id: 'message_unknown', role: 'USER', createdAt: '2026-01-01T00:00:00Z', onBranch: true };
  const hit = { conversation: { id, title: 'Bowlines', archivedAt: null }, message, snippet: [{ text: 'Unknown', matched: true }] };
  await page.route('**/graphql', (route) => (searches(route) ? route.fulfill(results({ nodes: [hit] })) : route.fallback()));
  await page.keyboard.press('Control+k');
  await field(page).fill('unknown');
  await options(page).filter({ hasText: 'Unknown' }).click();
  await expect(page.getByText('This message is too far back to scroll to.')).toBeVisible();
});

test('the palette starts actions', async ({ page, ada }) => {
  await page.keyboard.press('Control+k');
  await expect(field(page)).toBeFocused();
  await field(page).fill('theme dark');
  await field(page).press('Enter');
  await expect(page.locator('html')).toHaveCSS('color-scheme', 'dark');
  await expect(ada.composer, 'the focus returns').toBeFocused();
  await page.keyboard.press('Control+k');
  await field(page).fill('settings');
  await field(page).press('Enter');
  await expect(page.getByRole('dialog', { name: 'Settings' })).toBeVisible();
  await page.keyboard.press('Escape');
  await page.keyboard.press('Control+k');
  await field(page).press('Escape');
  await expect(field(page)).toBeHidden();
});

test('a new query cancels the previous search, and errors are shown', async ({ page, ada: _ }) => {
  await page.evaluate(() => {
    const send = fetch;
    const cancelled = new Promise((resolve) => {
      globalThis.fetch = (input, init) => {
        init?.signal?.addEventListener('abort', () => resolve(init.body));
        return send(input, init);
      };
    });
    Object.assign(globalThis, { cancelled });
  });
  await page.keyboard.press('Control+k');
  let started = () => {};
  const asked = new Promise<void>((resolve) => (started = resolve));
  await page.route('**/graphql', (route) => (searches(route) ? started() : route.fallback()));
  await field(page).fill('first');
  await asked;
  await expect(status(page)).toHaveText('Searching…');
  await page.unroute('**/graphql');
  await field(page).fill('second');
  expect(await page.evaluate(() => (globalThis as any).cancelled)).toContain('first');
  await expect(status(page)).toHaveText('No results');

  await page.route('**/graphql', (route) =>
    searches(route)
      ? route.fulfill({ json: { errors: [{ message: '', extensions: { code: 'RATE_LIMITED', retryAfter: 30 } }] } })
      : route.fallback(),
  );
  await field(page).fill('third');
  await expect(status(page)).toHaveText('Too many attempts. Try again in 30 seconds.');
  await page.unroute('**/graphql');
  await page.getByRole('button', { name: 'Try again' }).click();
  await expect(status(page)).toHaveText('No results');

  await field(page).fill('one two three four five six seven eight nine');
  await expect(status(page)).toHaveText('Use up to 8 words.');
  await page.route('**/graphql', (route) => (searches(route) ? route.fulfill(results({ complete: false })) : route.fallback()));
  await field(page).fill('fourth');
  await expect(status(page)).toHaveText('No results. Older messages are still being indexed.');
});
