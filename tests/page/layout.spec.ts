import type { Locator } from '@playwright/test';
import { Api } from './support/api.ts';
import { expect, scripted, test } from './support/test.ts';

const box = async (locator: Locator) => (await locator.boundingBox())!;
const middle = async (locator: Locator) => {
  const { x, width } = await box(locator);
  return x + width / 2;
};

test('pairs of question and reply are apart, and actions appear only where they are needed', async ({ page, ada }) => {
  await ada.choose('echo');
  for (const text of ['The first', 'The second']) {
    await ada.say(text);
    await ada.replyEnded();
  }
  const bottom = async (locator: Locator) => (await box(locator)).y + (await box(locator)).height;
  const bubbles = ada.questions.locator('.bubble');
  const reply = ada.replies.first().locator('.markdown');
  expect((await box(reply)).y - (await bottom(bubbles.first()))).toBeCloseTo(20, 0);
  expect((await box(bubbles.last())).y - (await bottom(reply))).toBeCloseTo(48, 0);

  const actions = page.getByRole('article').locator('> footer').getByRole('button', { name: 'Copy' });
  await expect(actions).toHaveCount(4);
  await ada.composer.hover();
  for (const action of await actions.all()) await expect(action).toHaveCSS('opacity', '0');
  await ada.replies.first().hover();
  await expect(actions.nth(1)).toHaveCSS('opacity', '1');
  await expect(actions.nth(3)).toHaveCSS('opacity', '0');
  await actions.nth(2).focus();
  await expect(actions.nth(2)).toHaveCSS('opacity', '1');
});

test('the title is centred on the messages, and a click renames the chat', async ({ page, ada }) => {
  await ada.say('Hello.');
  await ada.replyEnded();
  const title = page.getByRole('heading', { level: 1 });
  expect(Math.abs((await middle(title.getByRole('button'))) - (await middle(page.locator('.composer'))))).toBeLessThan(1);
  const rename = async (text: string, key: string) => {
    await title.getByRole('button').click();
    await page.getByLabel('New title').fill(text);
    await page.getByLabel('New title').press(key);
    await expect(title.getByRole('button')).toBeFocused();
  };
  await rename('On greetings', 'Enter');
  await expect(title).toHaveText('On greetings');
  await expect(ada.list.getByRole('link')).toHaveText(['On greetings']);
  await rename('Nothing', 'Escape');
  await expect(title).toHaveText('On greetings');
});

scripted('an empty page offers suggestions and the last chats', async ({ page, ada, server, provider }) => {
  const recent = page.getByRole('region', { name: 'Recent chats' });
  await expect(recent).toHaveCount(0);
  await (await Api.of(server, ada)).converse('One', 'Two', 'Three', 'Four');
  await expect(recent.getByRole('link')).toHaveText([/^Four/, /^Three/, /^Two/]);
  const suggestions = page.getByRole('list', { name: 'Suggestions' }).getByRole('button');
  await expect(suggestions).toHaveCount(4);
  const text = await suggestions.first().innerText();
  await suggestions.first().dblclick();
  const { request } = await provider.asked();
  expect(request.messages.at(-1)).toEqual({ role: 'user', content: text });
  await expect(ada.questions).toHaveCount(1);
  await page.getByRole('link', { name: 'New chat' }).click();
  await recent.getByRole('link', { name: 'Four' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Four');
});

test('every control has the same focus ring', async ({ page, ada, server }) => {
  await (await Api.of(server, ada)).converse('One');
  await expect(ada.list.getByRole('link')).toHaveCount(1);
  const rings: Record<string, string> = {};
  for (let count = 0; count < 20; count++) {
    await page.keyboard.press('Tab');
    const [name, ring] = await page.evaluate(() => {
      const focused = document.activeElement!;
      // The ring of the message field is around its frame.
      const { outlineColor, outlineStyle, outlineWidth } = getComputedStyle(focused.id === 'composer' ? focused.parentElement! : focused);
      if (focused === document.body) return [];
      return [focused.id || focused.textContent!, `${outlineWidth} ${outlineStyle} ${outlineColor}`];
    });
    if (name) rings[name] = ring!;
  }
  expect(Object.keys(rings).length).toBeGreaterThan(8);
  expect([...new Set(Object.values(rings))]).toEqual([expect.stringMatching(/^2px solid /)]);
});

test('the home screen of a phone shows an icon', async ({ page, request }) => {
  await page.goto('/');
  const address = await page.locator('link[rel=apple-touch-icon]').getAttribute('href');
  const response = await request.get(address!);
  expect(response.headers()['content-type']).toBe('image/png');
});
