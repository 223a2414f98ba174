import { Api } from './support/api.ts';
import { expect, test } from './support/test.ts';

for (const way of ['the pointer', 'the keyboard'] as const) {
  test(`the time to undo a deletion stops while ${way} is at the notice`, async ({ page, context, ada, server }) => {
    const api = await Api.of(server, ada);
    await api.converse('To be gone');
    const there = async () => (await api.ask('{ me { conversations(first: 1) { totalCount } } }')).me.conversations.totalCount === 1;
    await page.clock.install();
    await page.reload();
    await page.getByRole('button', { name: 'Options for To be gone' }).click();
    await page.getByRole('menuitem', { name: 'Delete' }).click();
    const undo = page.getByRole('button', { name: 'Undo' });
    if (way === 'the pointer') await page.getByText('“To be gone” deleted.').hover();
    else await undo.focus();
    await page.clock.fastForward('10:00');
    await expect(undo).toBeVisible();
    expect(await there()).toBe(true);

    // Another tab does not delete the chat either.
    const other = ada.on(await context.newPage());
    await other.page.clock.install();
    await other.page.goto('/');
    await expect(other.list.getByRole('link')).toHaveText(['To be gone']);
    await other.page.clock.fastForward('10:00');
    expect(await there()).toBe(true);

    await ada.composer.hover();
    await ada.composer.focus();
    await page.clock.fastForward('00:08');
    await expect(undo).toBeHidden();
    await expect.poll(there).toBe(false);
  });
}

test('a shortcut restores a deleted chat, unless a field has the focus', async ({ page, ada, server }) => {
  await (await Api.of(server, ada)).converse('One', 'Another');
  await ada.composer.fill('half a thought');
  await page.getByRole('button', { name: 'Options for Another' }).click();
  await page.getByRole('menuitem', { name: 'Delete' }).click();
  await expect(ada.list.getByRole('link')).toHaveText(['One']);
  await ada.composer.press('Control+z');
  await expect(ada.list.getByRole('link')).toHaveText(['One']);
  await ada.list.getByRole('link', { name: 'One' }).focus();
  await page.keyboard.press('Control+z');
  await expect(ada.list.getByRole('link')).toHaveText(['Another', 'One']);
  await expect(ada.list.getByRole('link', { name: 'Another' })).toBeFocused();
});
