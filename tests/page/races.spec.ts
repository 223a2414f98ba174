import { Api } from './support/api.ts';
import { hold, received } from './support/held.ts';
import { expect, scripted, test } from './support/test.ts';

// Events of the feed and responses travel separately, so either may arrive first.

test('a message that the feed reports before its response arrives is shown once', async ({ page, ada }) => {
  let held = await hold(page, 'SendMessage');
  await ada.say('Hello.');
  await held.answered;
  await expect(ada.list.getByRole('button', { name: 'Options for Hello.' })).toBeVisible();
  await expect(ada.list.getByRole('link')).toHaveText(['Hello.']);
  await held.release();
  await ada.replyEnded();

  held = await hold(page, 'SendMessage');
  await ada.say('And now?');
  await expect(ada.replies).toHaveCount(2);
  await ada.replyEnded();
  await expect(ada.questions).toHaveText([/Hello\./, /And now\?/]);
  await held.release();
  await page.reload();
  await expect(ada.questions).toHaveText([/Hello\./, /And now\?/]);
});

test('signing out does not ask about a message that the feed has reported', async ({ page, ada }) => {
  const held = await hold(page, 'SendMessage');
  await ada.say('Hello.');
  await held.answered;
  await expect(ada.list.getByRole('link')).toHaveText(['Hello.']);
  await ada.accountMenu('Sign out');
  await expect(page.getByRole('button', { name: 'Sign in', exact: true })).toBeVisible();
  await held.release();
});

test('a change made while the list is loading is not lost', async ({ page, ada, server }) => {
  const api = await Api.of(server, ada);
  const [id] = await api.converse('The old name');
  const inFrame = received(page);
  const held = await hold(page, 'Conversations');
  await page.reload();
  await held.answered;
  await api.ask('mutation($id: ID!) { updateConversation(input: { id: $id, title: "The new name" }) { conversation { id } } }', { id });
  await api.converse('Another one');
  await inFrame('The new name');
  await inFrame('Another one');
  await held.release();
  await expect(ada.list.getByRole('link')).toHaveText(['Another one', 'The new name']);
});

test('a message sent while a conversation is loading is not lost', async ({ page, ada, server }) => {
  const api = await Api.of(server, ada);
  const id = await api.say('The first.');
  const inFrame = received(page);
  await page.reload();
  const held = await hold(page, 'Conversation');
  await ada.list.getByRole('link').first().click();
  await held.answered;
  await api.say('The second.', id);
  await inFrame('ReplyEnded');
  await held.release();
  await expect(ada.questions).toHaveText([/The first\./, /The second\./]);
  await expect(ada.replies.locator('.markdown')).toHaveText(['The first.', 'The second.']);
});

test('a deletion cannot be undone after another device has deleted the chat', async ({ page, ada, server }) => {
  const api = await Api.of(server, ada);
  const [id] = await api.converse('To be gone');
  await page.getByRole('button', { name: 'Options for To be gone' }).click();
  await page.getByRole('menuitem', { name: 'Delete' }).click();
  const undo = page.getByRole('button', { name: 'Undo' });
  await expect(undo).toBeVisible();
  await api.ask('mutation($id: ID!) { deleteConversation(input: { id: $id }) { deletedId } }', { id });
  // By itself, the notice would stay for seven seconds.
  await expect(undo).toBeHidden({ timeout: 4_000 });
});

scripted('a response for a user who has signed out is not shown to the next user', async ({ page, ada, provider }) => {
  await ada.say('A secret.');
  (await provider.asked()).end();
  await ada.replyEnded();
  const held = await hold(page, 'UpdateConversation');
  await page.getByRole('button', { name: 'Options for A secret.' }).click();
  await page.getByRole('menuitem', { name: 'Rename' }).click();
  await page.getByLabel('New title').fill('A secret name');
  await page.getByLabel('New title').press('Enter');
  await held.answered;
  await ada.accountMenu('Sign out');
  await expect(page.getByRole('button', { name: 'Sign in', exact: true })).toBeVisible();

  // Bob's list is still loading when Ada's response arrives.
  const list = await hold(page, 'Conversations');
  await page.getByRole('button', { name: 'Create account' }).click();
  await page.getByLabel('Email').fill(`bob.${ada.email}`);
  await page.getByLabel('Password').fill('something else');
  await page.getByRole('button', { name: 'Create account' }).click();
  await list.answered;
  await held.release();
  await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
  await expect(ada.list).toBeVisible();
  expect(await page.getByText('A secret').count()).toBe(0);
  await list.release();
  await expect(page.getByText('No chats yet.')).toBeVisible();
  await expect(page.getByText('A secret')).toHaveCount(0);
});

test('nothing is sent with the token of a user who has signed in in another tab', async ({ page, context, ada, server, guard }) => {
  // This tab receives nothing from the other tab or the server, as if it were frozen.
  guard.mayLoseConnections = true;
  guard.expected = /status of 401/;
  await page.addInitScript(() => {
    BroadcastChannel.prototype.addEventListener = () => {};
  });
  await page.routeWebSocket(/graphql/, () => {});
  await page.reload();
  await expect(ada.composer).toBeVisible();
  const other = ada.on(await context.newPage());
  await other.page.goto('/');
  await expect(other.composer).toBeVisible();
  await other.accountMenu('Sign out');
  await expect(other.page.getByRole('button', { name: 'Sign in', exact: true })).toBeVisible();
  other.email = `bob.${ada.email}`;
  await other.signUp('Bob');

  // The message may be shown for too short a time to be seen.
  await ada.composer.fill('Between Ada and the model.');
  await ada.composer.press('Enter');
  await expect(page.getByText('Hi Bob,')).toBeVisible();
  const api = await Api.of(server, other);
  const { me } = await api.ask('{ me { conversations(first: 1) { totalCount } } }');
  expect(me.conversations.totalCount).toBe(0);
});
