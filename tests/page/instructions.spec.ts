import { Api } from './support/api.ts';
import type { Person } from './support/person.ts';
import { expect, test } from './support/test.ts';

/** Opens the instructions dialog of the open chat. */
async function instructing({ page }: Person) {
  await page.getByRole('button', { name: 'Chat settings' }).click();
  return page.getByRole('dialog', { name: 'Chat settings' });
}

async function instructionsOf(api: Api): Promise<Record<string, string | null>> {
  const { me } = await api.ask('{ me { conversations(first: 10) { nodes { title systemPrompt } } } }');
  return Object.fromEntries(me.conversations.nodes.map(({ title, systemPrompt }: any) => [title, systemPrompt]));
}

test('instructions belong to the chat in which they were written', async ({ page, ada, server }) => {
  const api = await Api.of(server, ada);
  await api.converse('Of birds', 'Of ships');
  await ada.list.getByRole('link', { name: 'Of ships' }).click();
  await ada.list.getByRole('link', { name: 'Of birds' }).click();
  const dialog = await instructing(ada);
  await dialog.getByRole('textbox').fill('Speak like a parrot.');
  await page.goBack();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Of ships');
  await expect(dialog).toBeHidden();
  await expect((await instructing(ada)).getByRole('textbox')).toHaveValue('');
  await dialog.getByRole('button', { name: 'Cancel' }).click();

  await page.goForward();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Of birds');
  await expect(dialog, 'the dialog does not open by itself').toBeHidden();
  await expect((await instructing(ada)).getByRole('textbox')).toHaveValue('Speak like a parrot.');
  await page.keyboard.press('Control+Shift+O');
  await expect(page).toHaveURL(/\/$/);
  await expect(dialog).toBeHidden();
  await expect((await instructing(ada)).getByRole('textbox'), 'they are not the next new chat’s either').toHaveValue('');
  await dialog.getByRole('button', { name: 'Cancel' }).click();

  await ada.list.getByRole('link', { name: 'Of birds' }).click();
  await instructing(ada);
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(dialog).toBeHidden();
  expect(await instructionsOf(api)).toEqual({ 'Of birds': 'Speak like a parrot.', 'Of ships': null });
});

test('new chats start with the default instructions and model of the settings', async ({ page, ada, server }) => {
  const picker = page.getByRole('main').getByRole('combobox', { name: 'Model' });
  await ada.accountMenu('Settings');
  const settings = page.getByRole('dialog', { name: 'Settings' });
  await settings.getByRole('tab', { name: 'New chats' }).click();
  await settings.getByLabel('Instructions for the model').fill('Be brief.');
  await settings.getByRole('combobox', { name: 'Model' }).selectOption('echo');
  await settings.getByRole('button', { name: 'Save' }).and(page.locator(':visible')).click();
  await expect(settings.getByText('Saved.')).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(picker).toHaveValue('echo');

  await page.reload();
  await expect((await instructing(ada)).getByRole('textbox')).toHaveValue('Be brief.');
  await page.getByRole('button', { name: 'Cancel' }).click();
  await ada.say('The first.');
  await ada.replyEnded();
  await expect(ada.reply).toHaveText('The first.');

  // A chat can differ from them, also by having none.
  await page.keyboard.press('Control+Shift+O');
  await (await instructing(ada)).getByRole('textbox').fill('');
  await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
  await ada.choose('eliza (default)');
  await page.reload();
  await expect(page.getByRole('button', { name: 'Chat settings' })).not.toHaveAttribute('data-set');
  await ada.say('The second.');
  await ada.replyEnded();
  await page.keyboard.press('Control+Shift+O');
  await expect(page.getByRole('button', { name: 'Chat settings' })).toHaveAttribute('data-set');
  await expect(picker).toHaveValue('echo');
  expect(await instructionsOf(await Api.of(server, ada))).toEqual({ 'The first.': 'Be brief.', 'The second.': null });
});

test('unsaved instructions survive a reload, until they are saved or discarded', async ({ page, ada, server }) => {
  const api = await Api.of(server, ada);
  const [id] = await api.converse('Of birds');
  for (const address of [`/c/${id}`, '/']) {
    await page.goto(address);
    const dialog = await instructing(ada);
    const field = dialog.getByRole('textbox');
    await field.fill('Speak like');
    await page.reload();
    await instructing(ada);
    await expect(field).toHaveValue('Speak like');
    await field.fill('Speak like a parrot.');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await expect(dialog).toBeHidden();
    await page.reload();
    await instructing(ada);
    await expect(field).toHaveValue('Speak like a parrot.');

    await field.fill('Or rather');
    await page.reload();
    await instructing(ada);
    await expect(field).toHaveValue('Or rather');
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    await instructing(ada);
    await expect(field).toHaveValue('Speak like a parrot.');
  }
  expect(await instructionsOf(api), 'the second chat has not started').toEqual({ 'Of birds': 'Speak like a parrot.' });
});

test('instructions that the server refuses after the dialog has closed are kept', async ({ page, ada, server }) => {
  const api = await Api.of(server, ada);
  await api.converse('Of birds', 'Of ships');
  await ada.list.getByRole('link', { name: 'Of ships' }).click();
  await ada.list.getByRole('link', { name: 'Of birds' }).click();
  let refuse = () => {};
  const asked = new Promise<void>((resolve) =>
    page.route('**/graphql', (route) => {
      if (route.request().postDataJSON()?.operationName !== 'UpdateConversation') return route.fallback();
      refuse = () => void route.fulfill({ json: { data: null, errors: [{ message: 'no', extensions: { code: 'INTERNAL' } }] } });
      resolve();
    }),
  );
  const dialog = await instructing(ada);
  await dialog.getByRole('textbox').fill('Speak like a parrot.');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await asked;
  await page.goBack();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Of ships');
  refuse();
  await expect(page.getByText('Couldn’t save:')).toBeVisible();
  await page.goForward();
  await expect((await instructing(ada)).getByRole('textbox')).toHaveValue('Speak like a parrot.');
});
