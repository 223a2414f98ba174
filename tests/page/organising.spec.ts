import { open, readFile } from 'node:fs/promises';
import type { Page } from '@playwright/test';
import { Api } from './support/api.ts';
import { expect, test } from './support/test.ts';

/** Chooses an item in the menu of a chat. */
async function choose(page: Page, title: string, item: string): Promise<void> {
  await page.getByRole('button', { name: `Options for ${title}` }).click();
  await page.getByRole('menuitem', { name: item, exact: true }).click();
}

test('pinned chats come first, on other devices too', async ({ page, ada, server, device }) => {
  const api = await Api.of(server, ada);
  const ids = await api.converse(...Array.from({ length: 40 }, (_, index) => `Talk ${index}`));
  const other = ada.on(await (await device()).newPage());
  await other.page.goto('/');
  await other.signIn();
  await page.reload();
  await choose(page, 'Talk 38', 'Pin');
  for (const one of [ada, other]) {
    await expect(one.list.getByRole('heading')).toHaveText(['Pinned', 'Today']);
    await expect(one.list.getByRole('link').first()).toHaveText('Talk 38');
    await expect(one.list.getByRole('link', { name: 'Talk 38' }), 'it is listed once').toHaveCount(1);
  }
  await expect(ada.list.getByRole('link', { name: 'Talk 38' }), 'the focus is not lost').toBeFocused();

  // From a page of the list that is not loaded.
  await api.ask('mutation($id: ID!) { updateConversation(input: { id: $id, pinned: true }) { conversation { id } } }', { id: ids[0] });
  await expect(ada.list.getByRole('link').nth(1)).toHaveText('Talk 0');
  await page.reload();
  await expect(ada.list.getByRole('link').nth(1)).toHaveText('Talk 0');
  await choose(page, 'Talk 38', 'Unpin');
  for (const one of [ada, other]) await expect(one.list.getByRole('link').nth(2)).toHaveText('Talk 38');
});

test('a chat that is one too many to pin is not pinned', async ({ page, ada, server }) => {
  const api = await Api.of(server, ada);
  const pin = 'mutation($id: ID!) { updateConversation(input: { id: $id, pinned: true }) { conversation { id } } }';
  for (const id of await api.converse(...Array.from({ length: 50 }, (_, index) => `Pinned ${index}`))) await api.ask(pin, { id });
  const [id] = await api.converse('One more');
  await page.goto(`/c/${id}`);
  await page.getByRole('button', { name: 'Chat options' }).click();
  await page.getByRole('menuitem', { name: 'Pin', exact: true }).click();
  await expect(page.getByText('You can pin up to 50 chats. Unpin one first.')).toBeVisible();
  await page.getByRole('button', { name: 'Chat options' }).click();
  await expect(page.getByRole('menuitem', { name: 'Pin', exact: true })).toBeVisible();
});

test('an archived chat can be found, and returns when it is used', async ({ page, ada }) => {
  await ada.choose('echo');
  await ada.say('Hello.');
  await ada.replyEnded();
  const address = page.url();
  await page.getByRole('button', { name: 'Chat options' }).click();
  await page.getByRole('menuitem', { name: 'Archive' }).click();
  await expect(page).toHaveURL(/\/$/);
  await expect(ada.list.getByText('No chats yet.')).toBeVisible();
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(page).toHaveURL(address);
  await expect(ada.list.getByRole('link')).toHaveText(['Hello.']);
  await choose(page, 'Hello.', 'Archive');
  await page.reload();
  await expect(ada.list.getByText('No chats yet.'), 'although the page was closed at once').toBeVisible();

  const archive = page.getByRole('dialog', { name: 'Archived chats' });
  await page.getByRole('button', { name: 'Archived chats' }).click();
  await archive.getByRole('link', { name: 'Hello.' }).click();
  await expect(ada.questions).toHaveText(/Hello\./);
  await expect(page.getByText('This chat is archived.')).toBeVisible();
  await ada.say('Once more.');
  await expect(ada.list.getByRole('link')).toHaveText(['Hello.']);
  await expect(page.getByText('This chat is archived.')).toBeHidden();
  await ada.replyEnded();

  await choose(page, 'Hello.', 'Archive');
  await page.getByRole('button', { name: 'Archived chats' }).click();
  await archive.getByRole('button', { name: 'Unarchive “Hello.”' }).click();
  await expect(archive.getByText('No archived chats.')).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(ada.list.getByRole('link')).toHaveText(['Hello.']);
});

test('a chat is exported as Markdown, with all its messages', async ({ page, ada, server }) => {
  const api = await Api.of(server, ada);
  const id = await api.say('First: `1`');
  for (let number = 2; number <= 52; number++) await api.say(`Number ${number}`, id);
  await page.goto(`/c/${id}`);
  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Chat options' }).click();
  await page.getByRole('menuitem', { name: 'Export as Markdown' }).click();
  expect((await download).suggestedFilename()).toBe('First `1`.md');
  const text = await readFile(await (await download).path(), 'utf8');
  expect(text).toMatch(/^# First: `1`\n\n## Ada · .*\n\nFirst: `1`\n\n## Assistant \(echo\) · .*\n\nFirst: `1`\n/);
  expect(text.match(/^Number \d+$/gm)).toHaveLength(102);
});

/** A conversation in ChatGPT's export. */
function chatGpt(title: string, content: string) {
  const message = { author: { role: 'user' }, create_time: 1_700_000_000, content: { content_type: 'text', parts: [content] }, recipient: 'all' };
  const mapping = { root: { id: 'root', parent: null, message: null }, asked: { id: 'asked', parent: 'root', message } };
  return { title, id: title, conversation_id: title, create_time: 1_700_000_000, update_time: 1_700_000_000, current_node: 'asked', mapping };
}

test('chats are imported from a file', async ({ page, ada, guard }, info) => {
  // The status of a file that was read in part.
  guard.expected = /400 \(Bad Request\)/;
  await ada.accountMenu('Settings');
  const settings = page.getByRole('dialog', { name: 'Settings' });
  await settings.getByRole('tab', { name: 'Your data' }).click();
  const choose = async (file: string | { name: string; mimeType: string; buffer: Buffer }) => {
    const chooser = page.waitForEvent('filechooser');
    await settings.getByRole('button', { name: 'Import chats…' }).click();
    await (await chooser).setFiles(file);
  };
  const json = (text: string) => ({ name: 'conversations.json', mimeType: 'application/json', buffer: Buffer.from(text) });
  const chats = json(JSON.stringify([chatGpt('Baking', 'How do I bake bread?'), { ...chatGpt('Broken', ''), mapping: 7 }]));
  await choose(chats);
  await expect(settings.getByText('1 chat imported, 1 skipped.')).toBeVisible();
  await settings.getByText('Skipped chats').click();
  await expect(settings.getByRole('listitem')).toHaveText(/Broken: ./);
  await choose(chats);
  await expect(settings.getByText('0 chats imported, 1 already here, 1 skipped.')).toBeVisible();
  await choose(json('[{'));
  await expect(settings.getByRole('alert').filter({ hasText: 'The rest of the file wasn’t read' })).toBeVisible();

  const large = await open(info.outputPath('large.json'), 'w');
  await large.truncate(256 * 1024 * 1024 + 1);
  await large.close();
  await choose(info.outputPath('large.json'));
  await expect(settings.getByText('The file is too large.')).toBeVisible();
  await page.keyboard.press('Escape');
  await ada.list.getByRole('link', { name: 'Baking' }).click();
  await expect(ada.questions).toHaveText(/How do I bake bread\?/);
});
