import { expect, test } from './support/test.ts';

const forbid = () => {
  for (const name of ['localStorage', 'sessionStorage'])
    Object.defineProperty(window, name, {
      get() {
        throw new DOMException('The operation is insecure.', 'SecurityError');
      },
    });
};

const fill = () => {
  Storage.prototype.setItem = () => {
    throw new DOMException('The quota has been exceeded.', 'QuotaExceededError');
  };
};

for (const [state, script] of Object.entries({ forbidden: forbid, full: fill })) {
  test.describe(`where storage is ${state}`, () => {
    test.beforeEach(({ context }) => context.addInitScript(script));

    test('the chat works, and no draft is lost while the page is open', async ({ page, ada }) => {
      await ada.say('Hello.');
      await ada.replyEnded();
      await expect(page).toHaveURL(/\/c\/conversation_/);
      await ada.composer.fill('half a thought');
      await page.getByRole('link', { name: 'New chat' }).click();
      await expect(ada.composer).toHaveValue('');
      await ada.list.getByRole('link', { name: 'Hello.' }).click();
      await expect(ada.composer).toHaveValue('half a thought');
      await ada.composer.press('Enter');
      await expect(ada.questions).toHaveText([/Hello\./, /half a thought/]);
      await ada.replyEnded();
      await ada.accountMenu('Sign out');
      await expect(page.getByRole('button', { name: 'Sign in', exact: true })).toBeVisible();
    });
  });
}
