import type { Page } from '@playwright/test';
import { Person } from './support/person.ts';
import { expect, test } from './support/test.ts';

/** Opens a tab of the account dialog. Returns a function that finds a section by its heading. */
async function openAccount(person: Person, tab = 'Profile') {
  await person.accountMenu('Settings');
  const dialog = person.page.getByRole('dialog', { name: 'Settings' });
  await dialog.getByRole('tab', { name: tab }).click();
  return (heading: string) => dialog.getByRole('region', { name: heading });
}

async function signedOut(page: Page): Promise<void> {
  await expect(page.getByRole('button', { name: 'Sign in', exact: true })).toBeVisible();
}

test('an account from sign-up to deletion', async ({ page, device }) => {
  const ada = new Person(page);

  // Sign up, first with an invalid email.
  await page.goto('/');
  await page.getByRole('button', { name: 'Create account' }).click();
  await page.getByLabel('Name').fill('Ada');
  await page.getByLabel('Email').fill('nobody@nowhere@all');
  await page.getByLabel('Password').fill(ada.password);
  await page.getByRole('button', { name: 'Create account' }).click();
  await expect(page.getByRole('heading', { name: 'Create your account' })).toBeVisible();
  await ada.signUp();
  await expect(page.getByText('Hi Ada,')).toBeVisible();

  await ada.say('I feel a bit lost today.');
  await ada.replyEnded();
  const text = await ada.reply.innerText();
  expect(text).not.toBe('');

  // Stay signed in after a reload.
  await page.reload();
  await expect(ada.reply).toHaveText(text);

  // The email is taken now.
  const thief = await (await device()).newPage();
  await thief.goto('/');
  await thief.getByRole('button', { name: 'Create account' }).click();
  await thief.getByLabel('Email').fill(ada.email);
  await thief.getByLabel('Password').fill('something else');
  await thief.getByRole('button', { name: 'Create account' }).click();
  await expect(thief.getByRole('alert')).not.toBeEmpty();
  await thief.close();

  // Sign out and in.
  await ada.accountMenu('Sign out');
  await signedOut(page);
  await page.reload();
  await signedOut(page);
  await ada.signIn('not the password');
  await expect(page.getByRole('alert')).toHaveText('Wrong email or password.');
  await ada.signIn();
  await ada.list.getByRole('link').first().click();
  await expect(ada.reply).toHaveText(text);

  // A new password signs out another device.
  const phone = ada.on(await (await device()).newPage());
  await phone.page.goto('/');
  await phone.signIn();
  await expect(phone.composer).toBeVisible();
  let part = await openAccount(ada);
  await part('Password').getByRole('button', { name: 'Change password' }).click();
  await part('Password').getByLabel('Current password', { exact: true }).fill('not the password');
  await part('Password').getByLabel('New password', { exact: true }).fill('a better battery');
  await part('Password').getByRole('button', { name: 'Save' }).click();
  await expect(part('Password').getByRole('alert').first()).toHaveText('Wrong password.');
  await part('Password').getByLabel('Current password', { exact: true }).fill(ada.password);
  await part('Password').getByRole('button', { name: 'Save' }).click();
  await expect(part('Password')).toContainText('Signed out on 1 other device.');
  await expect(phone.page.getByText('You’ve been signed out.')).toBeVisible();
  await phone.signIn();
  await expect(phone.page.getByRole('alert')).toHaveText('Wrong email or password.');
  await phone.signIn('a better battery');
  await expect(phone.composer).toBeVisible();
  await page.keyboard.press('Escape');

  // Download all data.
  part = await openAccount(ada, 'Your data');
  const downloading = page.waitForEvent('download');
  await part('Your data').getByRole('button', { name: 'Download my data' }).click();
  const stream = await (await downloading).createReadStream();
  let data = '';
  for await (const piece of stream) data += piece;
  expect(JSON.parse(data)).toMatchObject({ user: { email: ada.email } });
  expect(data).toContain('I feel a bit lost today.');

  // Delete the account, which ends its sessions on all devices.
  await part('Your data').getByRole('button', { name: 'Delete account…' }).click();
  await part('Your data').getByLabel('Password', { exact: true }).fill('a better battery');
  await part('Your data').getByLabel('Type “delete” to confirm').fill('delete');
  await part('Your data').getByRole('button', { name: 'Delete my account' }).click();
  await signedOut(page);
  await signedOut(phone.page);
  await ada.signIn('a better battery');
  await expect(page.getByRole('alert')).toHaveText('Wrong email or password.');
  expect(await page.evaluate(() => Object.keys(localStorage).filter((key) => key !== 'confab:theme'))).toEqual([]);
});

test('a new name appears at once in every tab', async ({ ada, context }) => {
  const other = ada.on(await context.newPage());
  await other.page.goto('/');
  const part = await openAccount(ada);
  await part('Profile').getByLabel('Name').fill('Countess of Lovelace');
  await part('Profile').getByRole('button', { name: 'Save' }).click();
  for (const tab of [ada, other]) await expect(tab.page.getByRole('button', { name: 'Account: Countess of Lovelace', exact: true })).toBeVisible();
});

test('a device can be signed out from another one', async ({ ada, device }) => {
  const phone = ada.on(await (await device()).newPage());
  await phone.page.goto('/');
  await phone.signIn();
  await expect(phone.composer).toBeVisible();
  const part = await openAccount(ada, 'Active sessions');
  const sessions = part('Active sessions').getByRole('listitem');
  await expect(sessions).toHaveCount(2);
  await sessions.filter({ hasNotText: 'this device' }).getByRole('button', { name: /^Sign out/ }).click();
  await expect(sessions).toHaveCount(1);
  await expect(phone.page.getByText('You’ve been signed out.')).toBeVisible();
  await expect(ada.composer).toBeAttached();
});

test('a personal access token works until it is revoked', async ({ page, ada, server }) => {
  const part = await openAccount(ada, 'Access tokens');
  const tokens = part('Access tokens');
  await tokens.getByRole('button', { name: 'New token' }).click();
  await tokens.getByLabel('Name').fill('backup');
  await tokens.getByRole('button', { name: 'Create token' }).dblclick();
  await expect(tokens.getByText('Copy it now')).toBeVisible();
  const secret = await tokens.locator('input[readonly], code, output').first().evaluate((element) =>
    element instanceof HTMLInputElement ? element.value : element.textContent!,
  );
  const me = async () => {
    const response = await fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${secret}` },
      body: JSON.stringify({ query: '{ me { email } }' }),
    });
    return ((await response.json()) as any).data?.me;
  };
  expect(await me()).toEqual({ email: ada.email });
  await tokens.getByRole('button', { name: 'Done' }).click();
  await expect(tokens.getByText('backup')).toHaveCount(1);
  await expect(page.getByText(secret)).toHaveCount(0);

  await tokens.getByRole('button', { name: 'Revoke backup' }).click();
  await page.getByRole('alertdialog').or(page.getByRole('dialog').last()).getByRole('button', { name: 'Revoke', exact: true }).click();
  await expect(tokens.getByText('No tokens yet.')).toBeVisible();
  expect(await me()).toBeFalsy();
});
