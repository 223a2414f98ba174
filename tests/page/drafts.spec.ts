import { expect, test } from './support/test.ts';

test('two tabs that begin to write each keep their own', async ({ page, context, ada }) => {
  const other = ada.on(await context.newPage());
  await other.page.goto('/');
  await ada.composer.fill('what I think');
  await other.composer.fill('what I think as well');
  await page.reload();
  await expect(ada.composer).toHaveValue('what I think');
  await other.page.reload();
  await expect(other.composer).toHaveValue('what I think as well');

  // What one of them sends, or takes back, is not the other's.
  await ada.composer.fill('');
  await other.page.close();
  const later = ada.on(await context.newPage());
  await later.page.goto('/');
  await expect(later.composer, 'the next tab finds what a closed one has left').toHaveValue('what I think as well');
});

test('who signs out in one tab leaves no draft in another', async ({ page, context, ada }) => {
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
