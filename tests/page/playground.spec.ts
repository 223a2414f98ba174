import type { Page } from '@playwright/test';
import { expect, test } from './support/test.ts';

test.use({ settings: { CONFAB_PACE_MS: '60' } });

async function run(page: Page, tab: string) {
  await page.getByRole('tab').getByRole('button', { name: tab, exact: true }).click();
  await page.getByRole('button', { name: 'Execute query (Ctrl-Enter)' }).click();
  return page.locator('.graphiql-response');
}

test('an operation of each kind is run, and a reply is seen streaming with the token that registering gave', async ({
  page,
}) => {
  await page.goto('/graphql');
  await expect(page, 'a browser is sent on').toHaveURL(/\/playground$/);
  await expect(await run(page, 'Register')).toContainText('"accessToken"');
  await expect(await run(page, 'SendMessage')).toContainText('"PENDING"');

  const response = await run(page, 'WatchReply');
  const kinds: string[] = [];
  await expect
    .poll(async () => {
      const kind = /Reply(Snapshot|Delta|Finished)/.exec(await response.innerText())?.[0];
      if (kind && kind !== kinds.at(-1)) kinds.push(kind);
      return kind;
    }, { intervals: [20] })
    .toBe('ReplyFinished');
  expect(kinds, 'it came in pieces').toContain('ReplyDelta');
  await expect(response).toContainText('"COMPLETED"');

  await expect(await run(page, 'MyConversations')).toContainText('"conversations"');
  await expect(response).toContainText('Once there was a server');
});

test('what is wrong is refused, with a code', async ({ page, guard }) => {
  guard.expected = /status of 400/;
  await page.goto('/playground');
  await page.getByRole('tab').getByRole('button', { name: 'MyConversations' }).click();
  await page.locator('.graphiql-editor').first().click();
  await page.keyboard.press('Control+A');
  await page.keyboard.type('{ nobody');
  await page.getByRole('button', { name: 'Execute query (Ctrl-Enter)' }).click();
  await expect(page.locator('.graphiql-response')).toContainText('GRAPHQL_VALIDATION_FAILED');
});
