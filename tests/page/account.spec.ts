import { expect, test } from './support/test.ts';

test('an account from its beginning to its end', async ({ page, ada }) => {
  await expect(page.getByText('Hello, Ada.')).toBeVisible();
  await ada.say('I feel a bit lost today.');
  await ada.replyEnded();
  const said = await ada.reply.innerText();
  expect(said).not.toBe('');

  await page.reload();
  await expect(ada.reply).toHaveText(said);
});
