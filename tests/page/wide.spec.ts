import { expect, scripted as test } from './support/test.ts';

const COLUMNS = Array.from({ length: 14 }, (_, index) => `column ${index}`);
const TABLE = [COLUMNS, COLUMNS.map(() => '---'), COLUMNS.map((name) => `cell of ${name}`)].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
const CODE = `\`\`\`js\nlet long = '${'word '.repeat(60)}';\n${'let short = 1;\n'.repeat(80)}\`\`\``;

test('wide tables and code leave the column, fade where they are cut off, and code can be wrapped', async ({ page, ada, provider }) => {
  await page.setViewportSize({ width: 1400, height: 800 });
  await ada.say('Tell me.');
  const answer = await provider.asked();
  answer.say(`A paragraph.\n\n${CODE}\n\n${TABLE}\n\n| a |\n|---|\n| b |\n\n- In a list:\n\n  ${CODE.replaceAll('\n', '\n  ')}`);
  answer.end();
  await ada.replyEnded();

  const boxOf = async (selector: string) => (await ada.reply.locator(selector).first().boundingBox())!;
  const column = await boxOf('p');
  const frame = (await page.locator('.messages').boundingBox())!;
  for (const selector of ['.code', '.table']) {
    const box = await boxOf(selector);
    expect(box.width).toBeGreaterThan(column.width + 100);
    expect(box.x).toBeGreaterThan(frame.x);
    expect(box.x + box.width).toBeLessThan(frame.x + frame.width);
  }
  const narrow = (await ada.reply.locator('.table').last().boundingBox())!;
  expect(narrow.x).toBeCloseTo(column.x, 0);
  const nested = (await ada.reply.locator('li .code').boundingBox())!;
  expect(nested.x + nested.width).toBeLessThanOrEqual(column.x + column.width + 1);

  const table = ada.reply.locator('.table').first();
  await expect(table).toHaveAttribute('data-cut', 'right');
  await table.evaluate((element) => element.scrollBy(100, 0));
  await expect(table).toHaveAttribute('data-cut', 'both');
  await expect(ada.reply.locator('.table').last()).not.toHaveAttribute('data-cut');

  const code = ada.reply.locator('.code').first();
  await expect(code.locator('pre')).toHaveAttribute('data-cut', 'right');
  await code.getByText('let short').nth(0).evaluate((line) => line.scrollIntoView());
  await code.evaluate((element) => element.closest('.messages')!.scrollBy(0, 300));
  await expect(code.getByRole('button', { name: 'Copy code' }), 'the header stays in view').toBeInViewport();

  const wrap = code.getByRole('button', { name: 'Wrap lines' });
  await wrap.click();
  await expect(wrap).toHaveAttribute('aria-pressed', 'true');
  await expect(code.locator('pre')).not.toHaveAttribute('data-cut');
  await wrap.click();
  await expect(code.locator('pre')).toHaveAttribute('data-cut', 'right');

  await page.setViewportSize({ width: 390, height: 800 });
  const phone = (await page.locator('.messages').boundingBox())!;
  for (const selector of ['.code', '.table', 'li .code']) {
    const box = await boxOf(selector);
    expect(box.x).toBeGreaterThanOrEqual(phone.x);
    expect(box.x + box.width).toBeLessThanOrEqual(phone.x + phone.width);
  }
});
