import { expect, test } from './support/test.ts';

test('a server without an identity provider offers only the password', async ({ page }) => {
  await page.goto('/');
  await expect(page.getByLabel('Password')).toBeVisible();
  await expect(page.getByRole('link')).toHaveCount(0);
});

test('text is set in the font that the server ships', async ({ page, ada }) => {
  await expect(ada.composer).toBeVisible();
  await page.evaluate(() => document.fonts.ready);
  const loaded = await page.evaluate(() => [...document.fonts].filter(({ status }) => status === 'loaded').map(({ family }) => family));
  expect(loaded.map((family) => family.replaceAll('"', ''))).toEqual(['Inter Variable']);
  await expect(ada.composer).toHaveCSS('font-family', /^"Inter Variable", system-ui/);
});

test('an unknown address shows a page with a way back', async ({ page, guard }) => {
  guard.expected = /status of 404/;
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.goto('/nowhere');
  await expect(page.locator('html')).toHaveCSS('background-color', 'rgb(23, 24, 28)');
  await page.getByRole('link', { name: 'Go to the chat page' }).click();
  await expect(page.getByLabel('Password')).toBeVisible();
});
