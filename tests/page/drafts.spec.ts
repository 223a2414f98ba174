import { expect, test } from './support/test.ts';

test('two tabs with a new chat each keep their own draft', async ({ page, context, ada }) => {
  const other = ada.on(await context.newPage());
  await other.page.goto('/');
  await ada.composer.fill('what I think');
  await other.composer.fill('what I think as well');
  await page.reload();
  await expect(ada.composer).toHaveValue('what I think');
  await other.page.reload();
  await expect(other.composer).toHaveValue('what I think as well');

  // Sending or clearing the draft of one tab does not affect the other.
  await ada.composer.fill('');
  await other.page.close();
  const later = ada.on(await context.newPage());
  await later.page.goto('/');
  await expect(later.composer, 'a new tab finds the draft of a closed one').toHaveValue('what I think as well');
});

test('signing out in one tab removes the drafts of all tabs', async ({ page, context, ada }) => {
  const other = ada.on(await context.newPage());
  await other.page.goto('/');
  await other.composer.fill('half a thought');
  await ada.accountMenu('Sign out');
  await expect(other.page.getByRole('button', { name: 'Sign in', exact: true })).toBeVisible();
  for (const tab of [page, other.page]) {
    const kept = await tab.evaluate(() => JSON.stringify([localStorage, sessionStorage].map((storage) => ({ ...storage }))));
    expect(kept).not.toContain('thought');
  }
  await other.signIn();
  await expect(other.composer).toHaveValue('');
});
