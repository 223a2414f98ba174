import { Api } from './support/api.ts';
import { expect, scripted, test } from './support/test.ts';

const unlimited = test.extend({ settings: { CONFAB_SEND_RATE: '0' } });

test('chats are listed at the side, most recently used first', async ({ page, ada }) => {
  const titles = ada.list.getByRole('link');
  for (const text of ['The first one', 'The second one']) {
    await page.getByRole('link', { name: 'New chat' }).click();
    await ada.say(text);
    await ada.replyEnded();
  }
  await expect(titles).toHaveText(['The second one', 'The first one']);
  await titles.last().click();
  await expect(ada.questions).toHaveText(/The first one/);
  await ada.say('Once more.');
  await expect(titles).toHaveText(['The first one', 'The second one']);
  await page.goBack();
  await expect(ada.questions).toHaveText(/The second one/);
});

test('scrolling the list loads more chats', async ({ page, ada, server }) => {
  const api = await Api.of(server, ada);
  await api.converse(...Array.from({ length: 130 }, (_, index) => `Talk ${index}`));
  await page.reload();
  await expect(ada.list.getByRole('link').first()).toHaveText('Talk 129');
  await ada.list.getByRole('link').first().hover();
  await expect(async () => {
    await page.mouse.wheel(0, 3000);
    await expect(ada.list.getByRole('link', { name: 'Talk 0', exact: true })).toBeVisible({ timeout: 300 });
  }).toPass();
  expect(await ada.list.getByRole('link').count(), 'only visible rows are rendered').toBeLessThan(80);
});

test('a chat can be renamed, also with F2, and Escape keeps the old title', async ({ page, ada }) => {
  await ada.say('Hello.');
  await ada.replyEnded();
  const row = ada.list.getByRole('link').first();
  const rename = async (title: string, end: string) => {
    await page.getByLabel('New title').fill(title);
    await page.getByLabel('New title').press(end);
  };
  await page.getByRole('button', { name: 'Options for Hello.' }).click();
  await page.getByRole('menuitem', { name: 'Rename' }).click();
  await rename('On greetings', 'Enter');
  await expect(row).toHaveText('On greetings');
  await expect(page).toHaveTitle('On greetings · Confab');
  await row.press('F2');
  await rename('Nothing', 'Escape');
  await expect(row).toHaveText('On greetings');
  await page.reload();
  await expect(row).toHaveText('On greetings');
});

test('a deleted chat can be restored for a while', async ({ page, ada, server }) => {
  const api = await Api.of(server, ada);
  const [, gone] = await api.converse('To be kept', 'To be gone');
  const remove = async (title: string) => {
    await page.getByRole('button', { name: `Options for ${title}` }).click();
    await page.getByRole('menuitem', { name: 'Delete' }).click();
    await expect(ada.list.getByRole('link', { name: title })).toBeHidden();
  };
  await remove('To be kept');
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(ada.list.getByRole('link')).toHaveText(['To be gone', 'To be kept']);

  await remove('To be gone');
  await page.goto('about:blank');
  const left = async () => (await api.ask('{ me { conversations(first: 10) { nodes { title } } } }')).me.conversations.nodes;
  await expect.poll(left, { message: 'closing the page ends the time to undo' }).toEqual([{ title: 'To be kept' }]);

  await page.goto(`/c/${gone}`);
  await expect(page.getByText('Chat not found. It may have been deleted.')).toBeVisible();
});

test('undoing the deletion of the open chat opens it again', async ({ page, ada }) => {
  await ada.say('Hello.');
  await ada.replyEnded();
  const address = page.url();
  await page.getByRole('button', { name: 'Options for Hello.' }).click();
  await page.getByRole('menuitem', { name: 'Delete' }).click();
  await expect(page).toHaveURL(/\/$/);
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(page).toHaveURL(address);
  await expect(ada.composer).toBeFocused();
});

test('a chat that was deleted without a network is deleted later', async ({ page, context, ada, server, guard }) => {
  guard.mayLoseConnections = true;
  await ada.say('Hello.');
  await ada.replyEnded();
  server.line.cut();
  await page.getByRole('button', { name: 'Options for Hello.' }).click();
  await page.getByRole('menuitem', { name: 'Delete' }).click();
  await page.close();
  server.line.mend();
  const later = ada.on(await context.newPage());
  await later.page.goto('/');
  await expect(later.page.getByText('No chats yet.')).toBeVisible();
  const api = await Api.of(server, ada);
  await expect.poll(async () => (await api.ask('{ me { conversations { totalCount } } }')).me.conversations.totalCount).toBe(0);
});

unlimited('a long chat loads while it is scrolled, and renders only visible messages', async ({ page, ada, server }) => {
  const api = await Api.of(server, ada);
  const id = await api.say('Message 0');
  for (let index = 1; index < 80; index++) await api.say(`Message ${index}`, id);
  await page.goto(`/c/${id}`);
  await expect(ada.questions.last()).toHaveText(/Message 79/);
  await page.getByRole('region', { name: 'Messages' }).hover();
  const sum = () => page.getByRole('article').count();
  await expect(async () => {
    await page.mouse.wheel(0, -1500);
    expect(await sum()).toBeLessThan(90);
    await expect(ada.questions.first().getByText('Message 0', { exact: true })).toBeVisible({ timeout: 300 });
  }).toPass();
});

scripted('a chat can have its own model and instructions', async ({ page, ada, provider }) => {
  const instruct = async (text: string) => {
    await page.getByRole('button', { name: 'Chat settings' }).click();
    await page.getByRole('dialog').getByRole('textbox').fill(text);
    await page.getByRole('button', { name: 'Save' }).click();
    await expect(page.getByRole('dialog')).toBeHidden();
  };
  await instruct('Speak like a parrot.');
  await page.getByRole('button', { name: 'Chat settings' }).click();
  await page.getByRole('dialog').getByRole('textbox').fill('Speak like a pirate.');
  await page.keyboard.press('Escape');
  await page.getByRole('alertdialog', { name: 'Discard your changes?' }).getByRole('button', { name: 'Cancel' }).click();
  await page.getByRole('button', { name: 'Save' }).click();
  await page.reload();
  await expect(ada.list.getByRole('link'), 'the chat has not started yet').toHaveCount(0);
  await ada.say('Hello.');
  const answer = await provider.asked();
  expect(answer.request.messages[0]).toEqual({ role: 'system', content: 'Speak like a pirate.' });
  answer.say('Arr.');
  answer.end();
  await ada.replyEnded();

  await instruct('');
  await ada.say('And now?');
  const later = await provider.asked();
  expect(later.request.messages[0]!.role).toBe('user');
  later.say('Good day.');
  later.end();
  await ada.replyEnded();

  await ada.choose('echo');
  await ada.say('Who are you?');
  await ada.replyEnded();
  await expect(ada.reply).toHaveText('Who are you?');
  await page.reload();
  await expect(page.getByRole('combobox', { name: 'Model' })).toHaveValue('echo');
});
