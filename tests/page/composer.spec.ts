import { expect, test } from './support/test.ts';

test('the message field grows with its text, and Enter sends', async ({ ada }) => {
  const height = async () => (await ada.composer.boundingBox())!.height;
  const low = await height();
  await ada.composer.pressSequentially('first');
  await ada.composer.press('Shift+Enter');
  await ada.composer.pressSequentially('second');
  await expect(ada.composer).toHaveValue('first\nsecond');
  expect(await height()).toBeGreaterThan(low);
  await ada.composer.press('Enter');
  await expect(ada.composer).toHaveValue('');
  await expect.poll(height).toBe(low);
  await expect(ada.questions).toHaveText(/^first\s+second/);
});

test('the message field counts as the server does, and sends nothing longer than the limit', async ({ page, ada }) => {
  const send = page.getByRole('button', { name: 'Send', exact: true });
  await expect(send).toBeDisabled();
  await ada.composer.fill('   \n ');
  await expect(send).toBeDisabled();
  // Each is one Unicode scalar value, but two UTF-16 code units.
  await ada.composer.fill('🦉'.repeat(32_001));
  await expect(page.getByText('1 character over')).toBeVisible();
  await expect(send).toBeDisabled();
  await ada.composer.press('Enter');
  await expect(ada.questions).toHaveCount(0);
  await ada.composer.fill('🦉'.repeat(32_000));
  await expect(page.getByText('0 characters left')).toBeVisible();
  await send.click();
  await ada.replyEnded();
  await expect(page.getByText('Not sent:')).toBeHidden();
});

test('Enter that ends an IME composition does not send', async ({ page, ada }) => {
  await ada.composer.focus();
  const session = await page.context().newCDPSession(page);
  await session.send('Input.imeSetComposition', { text: 'にほん', selectionStart: 3, selectionEnd: 3 });
  await expect(ada.composer).toHaveValue('にほん');
  // Browsers report such an Enter as part of the composition or, if the composition has just ended, only by key code.
  for (const how of [{ isComposing: true }, { keyCode: 229 }]) {
    const taken = await ada.composer.evaluate(
      (field, init) => !field.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, cancelable: true, ...init })),
      how,
    );
    expect(taken, JSON.stringify(how)).toBe(false);
  }
  await session.send('Input.insertText', { text: '日本' });
  await expect(ada.composer).toHaveValue('日本');
  await expect(ada.questions).toHaveCount(0);
  await ada.composer.press('Enter');
  await expect(ada.questions).toHaveText(/^日本/);
});
