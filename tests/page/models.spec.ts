import type { Page } from '@playwright/test';
import { Api } from './support/api.ts';
import { hold } from './support/held.ts';
import { expect, scripted, test } from './support/test.ts';

const picker = (page: Page) => page.getByRole('combobox', { name: 'Model' });
const chosen = (page: Page) => picker(page).locator('option:checked');

async function modelsOf(api: Api): Promise<(string | null)[]> {
  const { me } = await api.ask('{ me { conversations(first: 10) { nodes { model } } } }');
  return me.conversations.nodes.map(({ model }: any) => model);
}

/** Delays the requests of an operation until the returned function is called. */
async function delay(page: Page, operation: string): Promise<() => void> {
  let letGo = () => {};
  const gone = new Promise<void>((resolve) => (letGo = resolve));
  await page.route('**/graphql', async (route) => {
    if (route.request().postDataJSON()?.operationName === operation) await gone;
    await route.fallback();
  });
  return letGo;
}

test('the model that is shown replies, even if the choice is not saved on the server yet', async ({ page, ada, server }) => {
  const api = await Api.of(server, ada);
  await ada.choose('echo');
  await ada.say('Hello.');
  await ada.replyEnded();
  const letGo = await delay(page, 'UpdateConversation');
  await ada.choose('eliza (default)');
  await ada.say('Who are you?');
  await ada.replyEnded();
  await expect(ada.replies.last().getByText('eliza', { exact: true })).toBeVisible();
  await expect(chosen(page), 'not the model that the server still has').toHaveText('eliza (default)');
  await ada.choose('echo');
  await ada.say('And now?');
  await ada.replyEnded();
  await expect(ada.reply).toHaveText('And now?');
  await ada.choose('eliza (default)');
  letGo();
  await expect.poll(() => modelsOf(api)).toEqual([null]);
  await expect(chosen(page)).toHaveText('eliza (default)');
});

test('a waiting message keeps the model that was shown when it was written', async ({ page, ada, server }) => {
  const api = await Api.of(server, ada);
  await ada.choose('echo');
  await ada.say('Hello.');
  await ada.replyEnded();
  const letGo = await delay(page, 'SendMessage');
  await ada.say('Said to echo.');
  await ada.choose('eliza (default)');
  await expect.poll(() => modelsOf(api)).toEqual([null]);
  letGo();
  await expect(ada.reply).toHaveText('Said to echo.');
});

test('the choice of a model is kept while the first message is sent, and after it', async ({ page, ada, server }) => {
  const held = await hold(page, 'SendMessage');
  await ada.choose('echo');
  await ada.say('Hello.');
  await held.answered;
  await expect(page).toHaveURL(/\/c\/new_/);
  await expect(chosen(page)).toHaveText('echo');
  await expect(page, 'the message is still being sent').toHaveURL(/\/c\/new_/);
  // The choice changes before the response arrives.
  await ada.choose('eliza (default)');
  await held.release();
  await expect(page).toHaveURL(/\/c\/conversation_/);
  await expect(chosen(page)).toHaveText('eliza (default)');
  await expect.poll(async () => modelsOf(await Api.of(server, ada))).toEqual([null]);
  await ada.replyEnded();
  await expect(ada.reply).toHaveText('Hello.');
});

test('the model chosen for a new chat survives a reload, and is used for that chat only', async ({ page, ada }) => {
  await ada.choose('echo');
  await ada.composer.fill('for echo');
  await page.reload();
  await expect(ada.composer).toHaveValue('for echo');
  await expect(chosen(page)).toHaveText('echo');
  await ada.composer.press('Enter');
  await ada.replyEnded();
  await expect(ada.reply).toHaveText('for echo');
  await page.getByRole('link', { name: 'New chat' }).click();
  await expect(chosen(page)).toHaveText('eliza (default)');
});

test('a model that is no longer available does not block a message', async ({ page, ada }) => {
  await ada.say('Hello.');
  await ada.replyEnded();
  // The page has a list of models that is older than the server's.
  await page.route('**/graphql', async (route) => {
    if (route.request().postDataJSON()?.operationName !== 'Models') return route.fallback();
    const response = await route.fetch();
    await route.fulfill({ response, body: (await response.text()).replace('"eliza"', '"withdrawn"') });
  });
  await page.reload();
  await expect(chosen(page)).toHaveText('withdrawn (default)');
  await ada.say('Is anybody there?');
  await expect(ada.replies).toHaveCount(2);
  await ada.replyEnded();
  await expect(ada.replies.last().getByText('eliza', { exact: true })).toBeVisible();
});

test('a server with only built-in models shows how to connect a real one', async ({ page, ada }) => {
  const note = page.getByText(/^Demo .*OPENAI_API_KEY/);
  await expect(note).toBeVisible();
  await ada.say('Hello.');
  await ada.replyEnded();
  await expect(note).toBeVisible();
});

const single = scripted.extend({
  settings: ({ provider }, use) => use({ ...provider.settings, CONFAB_PROVIDERS: 'scripted' }),
});

single('with only one model there is nothing to choose', async ({ page, ada, provider }) => {
  const models = page.waitForResponse((response) => response.request().postDataJSON()?.operationName === 'Models');
  await page.reload();
  await models;
  await expect(page.locator('.tools')).toBeEmpty();
  await expect(picker(page)).toHaveCount(0);
  await expect(page.getByText(/^Demo /)).toHaveCount(0);
  await ada.say('Hello.');
  const answer = await provider.asked();
  answer.say('The only one.');
  answer.end();
  await expect(ada.reply).toHaveText('The only one.');
});

test('nothing is shown before it is known, and nothing moves when it arrives', async ({ page, ada }) => {
  await ada.choose('echo');
  await ada.say('Hello.');
  await ada.replyEnded();
  const field = async () => (await page.locator('.composer .field').boundingBox())!;
  const conversation = await hold(page, 'Conversation');
  const conversations = await hold(page, 'Conversations');
  const models = await hold(page, 'Models');
  await page.reload();
  await Promise.all([conversation.answered, conversations.answered, models.answered]);
  const title = page.getByRole('heading', { level: 1 });
  await expect(title).toHaveText('Untitled chat');
  const before = await field();
  await models.release();
  await expect(picker(page), 'the choice is not known yet').toHaveCount(0);
  await conversation.release();
  await conversations.release();
  await expect(title).toHaveText('Hello.');
  await expect(chosen(page)).toHaveText('echo');
  expect(await field()).toEqual(before);
});
