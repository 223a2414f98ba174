import { expect, test } from './support/test.ts';

test.use({ settings: { CONFAB_DOCUMENTS: 'trusted' } });

test('the chat page works where only trusted documents are executed', async ({ page, ada, guard }) => {
  await ada.say('hello');
  await ada.replyEnded();
  await page.reload();
  await expect(ada.reply).toBeVisible();
  guard.expected = /status of 403/;
  const refused = await page.evaluate(async () => {
    const body = JSON.stringify({ query: '{ models { id } }' });
    const response = await fetch('/graphql', { method: 'POST', headers: { 'content-type': 'application/json' }, body });
    return (await response.json()) as { errors: { extensions: { code: string } }[] };
  });
  expect(refused.errors[0]!.extensions.code).toBe('FORBIDDEN');
});
