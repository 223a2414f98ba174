import { Api } from './support/api.ts';
import { expect, test } from './support/test.ts';

test('the settings of a chat determine how its replies are generated', async ({ page, ada, server }) => {
  const settings = page.getByRole('dialog', { name: 'Chat settings' });
  const open = () => page.getByRole('button', { name: 'Chat settings' }).click();
  const longest = settings.getByRole('spinbutton', { name: 'Longest reply, in tokens' });
  const generation = async () => {
    const fields = 'generation { temperature maxOutputTokens reasoningEffort }';
    const { me } = await (await Api.of(server, ada)).ask(`{ me { conversations(first: 1) { nodes { ${fields} } } } }`);
    return me.conversations.nodes[0].generation;
  };

  await open();
  await settings.getByText('How the model writes').click();
  await settings.getByRole('spinbutton', { name: 'Temperature' }).fill('0.5');
  await longest.fill('2');
  await settings.getByRole('combobox', { name: 'Reasoning effort' }).selectOption('None');
  await settings.getByRole('button', { name: 'Save' }).click();
  await page.reload();
  await ada.choose('echo');
  await ada.say('one two three four');
  await ada.replyEnded();
  await expect(ada.reply).toHaveText('one two');
  await expect(page.getByText('Stopped at the model’s length limit.')).toBeVisible();
  expect(await generation()).toEqual({ temperature: 0.5, maxOutputTokens: 2, reasoningEffort: 'NONE' });

  await open();
  await expect(longest).toHaveValue('2');
  await longest.fill('');
  await settings.getByRole('combobox', { name: 'Reasoning effort' }).selectOption('Default');
  await settings.getByRole('button', { name: 'Save' }).click();
  await expect(settings).toBeHidden();
  await ada.say('five six seven');
  await ada.replyEnded();
  await expect(ada.reply).toHaveText('five six seven');
  expect(await generation()).toEqual({ temperature: 0.5, maxOutputTokens: null, reasoningEffort: null });

  await page.keyboard.press('Control+Shift+O');
  await expect(page).toHaveURL(/\/$/);
  await open();
  await settings.getByText('How the model writes').click();
  await expect(longest, 'another new chat has the defaults').toHaveValue('');
  await longest.fill('0');
  await settings.getByRole('button', { name: 'Save' }).click();
  await expect(longest, 'the browser explains what is wrong').toBeFocused();
});
