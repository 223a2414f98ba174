import type { Locator } from '@playwright/test';
import { Api } from './support/api.ts';
import type { Answer } from './support/provider.ts';
import { expect, scripted as test } from './support/test.ts';
import { Witness } from './support/witness.ts';

const button = (message: Locator, name: string) => message.getByRole('button', { name, exact: true });
const version = (message: Locator, name: string) => message.getByRole('img', { name: `Version ${name}` });

function answer(asked: Answer, text: string): void {
  asked.say(text);
  asked.end();
}

test('a question can be edited, and its versions have replies of their own', async ({ page, ada, provider }) => {
  await ada.say('First?');
  answer(await provider.asked(), 'One.');
  await ada.replyEnded();
  await ada.say('Second?');
  answer(await provider.asked(), 'Two.');
  await ada.replyEnded();

  // Escape leaves everything as it was.
  await ada.composer.press('ArrowUp');
  const field = page.getByRole('textbox', { name: 'Edit message' });
  await expect(field).toBeFocused();
  await expect(field).toHaveValue('Second?');
  await field.fill('Something else');
  await field.press('Escape');
  await expect(ada.composer).toBeFocused();
  await expect(ada.questions.locator('.bubble')).toHaveText(['First?', 'Second?']);

  await ada.questions.first().hover();
  await button(ada.questions.first(), 'Edit').click();
  await field.fill('1st?');
  await field.press('Enter');
  const again = await provider.asked();
  expect(again.request.messages).toEqual([{ role: 'user', content: '1st?' }]);
  answer(again, 'Uno.');
  await expect(ada.questions.locator('.bubble')).toHaveText(['1st?']);
  await ada.replyEnded();
  await expect(ada.reply).toHaveText('Uno.');
  await expect(ada.composer).toBeFocused();

  await button(ada.questions.first(), 'Previous version').click();
  await expect(ada.questions.locator('.bubble')).toHaveText(['First?', 'Second?']);
  await expect(ada.replies.locator('.markdown')).toHaveText(['One.', 'Two.']);
  await expect(version(ada.questions.first(), '1 of 2')).toBeVisible();
  await expect(button(ada.questions.first(), 'Next version'), 'the focus is not lost').toBeFocused();
  await page.reload();
  await expect(ada.replies.locator('.markdown')).toHaveText(['One.', 'Two.']);
  await button(ada.questions.first(), 'Next version').click();
  await expect(ada.replies.locator('.markdown')).toHaveText(['Uno.']);
});

test('a reply can be regenerated with another model', async ({ page, ada, provider }) => {
  await ada.say('Tell me.');
  answer(await provider.asked(), 'A long story.');
  await ada.replyEnded();
  await ada.replies.first().hover();
  await button(ada.replies.first(), 'Regenerate').click();
  await expect(page.getByRole('menuitem').first()).toHaveText('scripted');
  await page.getByRole('menuitem', { name: 'echo' }).click();
  await expect(ada.reply).toHaveText('Tell me.');
  await ada.replyEnded();
  await expect(ada.replies.first()).toContainText('echo');
  await expect(version(ada.replies.first(), '2 of 2')).toBeVisible();
  await expect(ada.questions).toHaveCount(1);
  await expect(ada.composer).toBeFocused();

  await button(ada.replies.first(), 'Previous version').click();
  await expect(ada.reply).toHaveText('A long story.');
  await ada.say('Go on.');
  const next = await provider.asked();
  expect(next.request.messages.map(({ content }) => content)).toEqual(['Tell me.', 'A long story.', 'Go on.']);
  next.end();
});

test('a stopped reply can be regenerated or continued, and repeats no word', async ({ page, ada, provider }) => {
  await ada.say('Tell me.');
  (await provider.asked()).say('Once upon a time');
  await expect(ada.reply).toHaveText('Once upon a time');
  await page.getByRole('button', { name: 'Stop the reply' }).click();
  await ada.replyEnded();
  const witness = await Witness.of(page);
  await ada.replies.first().hover();
  await button(ada.replies.first(), 'Regenerate').click();
  await page.getByRole('menuitem', { name: 'scripted' }).click();
  const again = await provider.asked();
  await expect(ada.reply, 'the text of the earlier reply is gone').toHaveCount(0);
  for (const word of 'There was a king who had no crown.'.split(/(?= )/)) again.say(word);
  again.end();
  await ada.replyEnded();
  await expect(ada.reply).toHaveText('There was a king who had no crown.');
  // From the first text that is not the earlier reply's.
  witness.seen.splice(0, witness.seen.findIndex((shown) => shown !== 'Once upon a time'));
  witness.sawNothingBut('There was a king who had no crown.');
  await button(ada.replies.first(), 'Previous version').click();
  await expect(ada.reply).toHaveText('Once upon a time');

  await button(ada.replies.first(), 'Continue').click();
  const rest = await provider.asked();
  expect(rest.request.messages.map(({ content }) => content)).toEqual(['Tell me.', 'Once upon a time', 'Continue.']);
  await expect(page.getByRole('button', { name: 'Continue' })).toHaveCount(0);
  rest.end();
});

test('other devices follow to another branch, and keep their drafts', async ({ page, ada, provider, device }) => {
  await ada.say('First?');
  answer(await provider.asked(), 'One.');
  await ada.replyEnded();
  await ada.say('Second?');
  answer(await provider.asked(), 'Two.');
  await ada.replyEnded();
  const other = ada.on(await (await device()).newPage());
  await other.page.goto(page.url());
  await other.signIn();
  await expect(other.reply).toHaveText('Two.');
  await other.composer.fill('Half a thought');

  await button(ada.replies.first(), 'Regenerate').click();
  await page.getByRole('menuitem', { name: 'scripted' }).click();
  answer(await provider.asked(), 'Another one.');
  for (const one of [ada, other]) await expect(one.replies.locator('.markdown')).toHaveText(['Another one.']);
  await expect(version(other.replies.first(), '2 of 2')).toBeVisible();
  await button(ada.replies.first(), 'Previous version').click();
  for (const one of [ada, other]) await expect(one.replies.locator('.markdown')).toHaveText(['One.', 'Two.']);
  await expect(version(other.replies.first(), '1 of 2')).toBeVisible();
  await expect(other.composer).toHaveValue('Half a thought');
});

test('the text of an edit that failed is kept', async ({ page, ada, provider, server, guard }) => {
  await ada.say('Frist?');
  answer(await provider.asked(), 'What?');
  await ada.replyEnded();
  guard.mayLoseConnections = true;
  await button(ada.questions.first(), 'Edit').click();
  const field = page.getByRole('textbox', { name: 'Edit message' });
  await field.fill('First?');
  server.line.cut();
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByText('Couldn’t save: Can’t reach the server.')).toBeVisible();
  await expect(field).toHaveValue('First?');
  server.line.mend();
  await page.reload();
  await expect(field).toHaveValue('First?');
  await page.getByRole('button', { name: 'Save' }).click();
  answer(await provider.asked(), 'One.');
  await expect(ada.reply).toHaveText('One.');
  await expect(ada.questions.locator('.bubble')).toHaveText(['First?']);
});

test('earlier messages are loaded after another branch has become active', async ({ page, ada, server }) => {
  const api = await Api.of(server, ada);
  const id = await api.say('Number 1.');
  for (let number = 2; number <= 40; number++) await api.say(`Number ${number}.`, id);
  await page.goto(`/c/${id}`);
  await expect(ada.reply).toHaveText('Number 40.');
  await api.ask(
    `mutation($input: RegenerateReplyInput!) { regenerateReply(input: $input) { reply { id } } }`,
    { input: { messageId: (await api.ask('query($id: ID!) { conversation(id: $id) { head { id } } }', { id })).conversation.head.id, model: 'echo' } },
  );
  await expect(version(ada.replies.last(), '2 of 2')).toBeVisible();
  const scroller = page.getByRole('region', { name: 'Messages' });
  await scroller.focus();
  await expect(async () => {
    await scroller.press('Home');
    await expect(page.getByText('Number 1.', { exact: true }).first()).toBeVisible({ timeout: 500 });
  }).toPass();
});
