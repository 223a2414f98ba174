import type { Page } from '@playwright/test';
import { IdentityProvider } from './support/identityProvider.ts';
import { Person } from './support/person.ts';
import { expect, test as base } from './support/test.ts';

const test = base.extend<{ identityProvider: IdentityProvider }>({
  async identityProvider({}, use) {
    const provider = await IdentityProvider.start();
    await use(provider);
    await provider.close();
  },
  settings: ({ identityProvider }, use) => use(identityProvider.settings),
});

test.beforeEach(async ({ guard, context, identityProvider }) => {
  guard.others = identityProvider.addresses;
  await context.route('https://fonts.googleapis.com/**', (route) => route.abort());
});

const link = (page: Page) => page.getByRole('link', { name: 'Sign in with Example' });

/** Signs in at the provider's pages. */
async function signIn(page: Page, who: string): Promise<void> {
  await link(page).click();
  await page.getByPlaceholder('Enter any login').fill(who);
  await page.getByPlaceholder('and password').fill('anything');
  await page.getByRole('button', { name: 'Sign-in' }).click();
  await page.getByRole('button', { name: 'Continue' }).click();
}

test('an account at the identity provider from sign-in to deletion', async ({ page, context, server }) => {
  const ada = new Person(page);
  await page.goto('/');
  await signIn(page, 'ada');
  await expect(ada.composer).toBeVisible();
  expect(page.url()).toBe(`${server.url}/`);
  await expect(page.getByRole('button', { name: 'Account: ada of the provider' })).toBeVisible();
  await ada.choose('echo');
  await ada.say('Hello from elsewhere.');
  await ada.replyEnded();

  // The session is in the cookie that no script can read, and nothing of the provider's is left.
  const cookies = (await context.cookies()).filter(({ domain }) => domain === '127.0.0.1');
  expect(cookies.map(({ name, httpOnly, sameSite }) => ({ name, httpOnly, sameSite }))).toEqual([
    { name: 'confab_refresh', httpOnly: true, sameSite: 'Strict' },
  ]);
  expect(await page.evaluate(() => document.cookie)).toBe('');

  // It survives a reload, and ends with the sign-out. The next sign-in returns to the same chat.
  await page.reload();
  await expect(ada.reply).toHaveText('Hello from elsewhere.');
  const chat = page.url();
  await ada.accountMenu('Sign out');
  await expect(link(page)).toBeVisible();
  await page.goto(chat);
  await link(page).click();
  await page.getByRole('button', { name: 'Continue' }).click();
  await expect(ada.reply).toHaveText('Hello from elsewhere.');
  expect(page.url()).toBe(chat);

  // There is no password to change, and none is needed to delete the account.
  await ada.accountMenu('Settings');
  const dialog = page.getByRole('dialog', { name: 'Settings' });
  await expect(dialog.getByText('managed by your identity provider')).toBeVisible();
  await expect(dialog.getByRole('button', { name: 'Change password' })).toHaveCount(0);
  await dialog.getByRole('tab', { name: 'Your data' }).click();
  await dialog.getByRole('button', { name: 'Delete account…' }).click();
  await expect(dialog.getByLabel('Password', { exact: true })).toHaveCount(0);
  await dialog.getByRole('link', { name: 'Sign in again' }).click();
  // Here the provider asks again, although the user is signed in there.
  await page.getByPlaceholder('Enter any login').fill('ada');
  await page.getByPlaceholder('and password').fill('anything');
  await page.getByRole('button', { name: 'Sign-in' }).click();
  await page.getByRole('button', { name: 'Continue' }).click();
  await ada.accountMenu('Settings');
  await dialog.getByRole('tab', { name: 'Your data' }).click();
  await dialog.getByRole('button', { name: 'Delete account…' }).click();
  await dialog.getByLabel('Type “delete” to confirm').fill('delete');
  await dialog.getByRole('button', { name: 'Delete my account' }).click();
  await expect(page.getByText('Your account and all its data have been deleted.')).toBeVisible();
});

test('a cancelled sign-in returns to the page with the reason', async ({ page, server }) => {
  await page.goto('/');
  await link(page).click();
  await page.getByRole('link', { name: 'Cancel' }).click();
  await expect(page.getByRole('alert')).toHaveText('The sign-in was cancelled or refused.');
  expect(page.url(), 'the reason is not in the address').toBe(`${server.url}/`);
  await page.reload();
  await expect(link(page)).toBeVisible();
  await expect(page.getByRole('alert')).toHaveCount(0);
  // A link cannot make the page show any other text.
  await page.goto('/?sign-in=Call+0900+123');
  await expect(page.getByRole('alert')).toHaveText('The sign-in didn’t work. Try again, or ask the administrator.');
});
