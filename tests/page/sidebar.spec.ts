import { Api } from './support/api.ts';
import { expect, test } from './support/test.ts';

test('the list of chats can be hidden and resized, which the device remembers', async ({ page, ada }) => {
  const list = page.getByRole('complementary', { name: 'Chats' });
  const edge = page.getByRole('separator', { name: 'Width of the chat list' });
  const width = async () => (await list.boundingBox())!.width;
  const [show, hide] = ['Show chats', 'Hide chats'].map((name) => page.getByRole('button', { name }));
  expect(await width()).toBe(272);

  // By dragging, up to the limits.
  await edge.hover();
  await page.mouse.down();
  await page.mouse.move(350, 300, { steps: 4 });
  await expect.poll(width).toBe(350);
  await page.mouse.move(1000, 300);
  await expect.poll(width).toBe(480);
  await page.mouse.up();
  await page.mouse.move(300, 300);
  expect(await width()).toBe(480);

  // With the keyboard.
  await edge.focus();
  await edge.press('Home');
  await expect.poll(width).toBe(200);
  await edge.press('ArrowLeft');
  await expect(edge).toHaveAttribute('aria-valuenow', '200');
  await edge.press('ArrowRight');
  await expect.poll(width).toBe(216);

  await hide!.click();
  await expect(list).toBeHidden();
  await expect(show!).toBeFocused();
  await page.reload();
  await expect(ada.composer).toBeFocused();
  await expect(list).toBeHidden();
  await page.keyboard.press('Control+b');
  await expect.poll(width).toBe(216);
  await expect(ada.composer, 'typing continues').toBeFocused();
  await page.keyboard.press('Control+b');
  await expect(list).toBeHidden();
  await show!.click();
  await expect(hide!).toBeFocused();
});

test('a title has the whole width of its row, until the options appear', async ({ page, ada, server }) => {
  await (await Api.of(server, ada)).converse('A title that is much too long for the width of the list of chats');
  const row = ada.list.getByRole('link');
  const unused = async () => {
    const [outer, inner] = [(await row.locator('..').boundingBox())!, (await row.locator('.title').boundingBox())!];
    return outer.x + outer.width - inner.x - inner.width;
  };
  const options = page.getByRole('button', { name: /^Options for/ });
  await row.click();
  await ada.composer.hover();
  expect(await unused()).toBeLessThan(12);
  await expect(options).toHaveCSS('opacity', '0');
  await row.hover();
  expect(await unused()).toBeGreaterThan(30);
  await expect(options).toHaveCSS('opacity', '1');
  await ada.composer.hover();
  await options.focus();
  await expect(options).toHaveCSS('opacity', '1');
});
