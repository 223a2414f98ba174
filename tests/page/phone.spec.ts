import type { Locator, Page } from '@playwright/test';
import { expect, scripted } from './support/test.ts';

scripted.use({ viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true });

const opener = (page: Page) => page.getByRole('button', { name: 'Show chats' });

/** Checks the state of the list. While it is open, the page under it is inert. */
async function listIs(page: Page, state: 'open' | 'closed'): Promise<void> {
  await expect(page.getByRole('link', { name: 'New chat' })).toBeVisible({ visible: state === 'open' });
  await expect(page.locator('main')).toHaveJSProperty('inert', state === 'open');
  await expect(opener(page)).toHaveAttribute('aria-expanded', String(state === 'open'));
}

scripted('a chat works by touch', async ({ page, ada, provider }) => {
  await ada.composer.tap();
  await page.keyboard.type('first');
  await page.keyboard.press('Enter');
  await page.keyboard.type('second');
  await expect(ada.composer, 'Enter adds a line').toHaveValue('first\nsecond');
  await expect(ada.composer, 'no hint says otherwise').not.toHaveAttribute('title');
  await expect(ada.questions).toHaveCount(0);
  await page.getByRole('button', { name: 'Send', exact: true }).tap();
  const answer = await provider.asked();
  answer.say('One half');
  await expect(ada.reply).toHaveText('One half');
  await page.getByRole('button', { name: 'Stop the reply' }).tap();
  await expect(page.getByText('Stopped.', { exact: true })).toBeVisible();
  for (const message of [ada.questions.last(), ada.replies.last()]) await expect(message.locator('footer'), 'actions are visible').toHaveCSS('opacity', '1');
});

scripted('the list covers the chat, and closes by its button, the back gesture, a tap beside it or a choice', async ({ page, context, ada, provider }) => {
  // A test cannot perform the back gesture of a phone.
  await context.addInitScript(() => {
    class Watcher extends EventTarget {
      destroy() {}
      constructor() {
        super();
        addEventListener('the way back', () => this.dispatchEvent(new Event('close')), { once: true });
      }
    }
    Object.assign(window, { CloseWatcher: Watcher });
  });
  await page.reload();
  for (const text of ['One', 'Another']) {
    await ada.composer.fill(text);
    await page.getByRole('button', { name: 'Send', exact: true }).tap();
    (await provider.asked()).end();
    await ada.replyEnded();
    if (text === 'Another') break;
    await opener(page).tap();
    await page.getByRole('link', { name: 'New chat' }).tap();
    await listIs(page, 'closed');
  }
  const address = page.url();

  await listIs(page, 'closed');
  await opener(page).tap();
  await listIs(page, 'open');
  await expect(page.getByRole('button', { name: 'Hide chats' })).toBeFocused();
  await page.getByRole('button', { name: 'Hide chats' }).tap();
  await listIs(page, 'closed');
  await expect(opener(page)).toBeFocused();

  await opener(page).tap();
  await listIs(page, 'open');
  await page.evaluate(() => dispatchEvent(new Event('the way back')));
  await listIs(page, 'closed');
  await expect(page).toHaveURL(address);

  await opener(page).tap();
  await listIs(page, 'open');
  await page.touchscreen.tap(380, 500);
  await listIs(page, 'closed');

  await opener(page).tap();
  await ada.list.getByRole('link', { name: 'One', exact: true }).tap();
  await listIs(page, 'closed');
  await expect(ada.questions).toHaveText(/One/);
  await expect(page).not.toHaveURL(address);

  // The chat that is open already.
  await opener(page).tap();
  await ada.list.getByRole('link', { name: 'One', exact: true }).tap();
  await listIs(page, 'closed');
  await opener(page).tap();
  await page.getByRole('link', { name: 'Confab' }).tap();
  await listIs(page, 'closed');
  await opener(page).tap();
  await page.getByRole('link', { name: 'Confab' }).tap();
  await listIs(page, 'closed');
});

scripted('a chat can be renamed and deleted by touch', async ({ page, ada, provider }) => {
  await ada.composer.fill('Hello.');
  await page.getByRole('button', { name: 'Send', exact: true }).tap();
  (await provider.asked()).end();
  await ada.replyEnded();
  await opener(page).tap();
  await page.getByRole('button', { name: 'Options for Hello.' }).tap();
  await page.getByRole('menuitem', { name: 'Rename' }).tap();
  await page.getByLabel('New title').fill('By tapping');
  await page.touchscreen.tap(150, 600);
  await expect(ada.list.getByRole('link')).toHaveText(['By tapping']);
  await page.getByRole('button', { name: 'Options for By tapping' }).tap();
  await page.getByRole('menuitem', { name: 'Delete' }).tap();
  await listIs(page, 'closed');
  await page.getByRole('button', { name: 'Undo' }).tap();
  await expect(ada.questions).toHaveText(/Hello\./);
  await opener(page).tap();
  await expect(ada.list.getByRole('link')).toHaveText(['By tapping']);
});

const WIDE = `A${'very'.repeat(60)}long word, and https://example.com/${'path/'.repeat(40)}

\`\`\`js
const wide = '${'x'.repeat(300)}';
\`\`\`

| ${Array.from({ length: 12 }, (_, index) => `column ${index}`).join(' | ')} |
|${'---|'.repeat(12)}
| ${'value | '.repeat(12)}
`;

for (const width of [320, 360, 390]) {
  scripted(`nothing overflows at ${width} pixels, and every control is large enough`, async ({ page, ada, provider }) => {
    await page.setViewportSize({ width, height: 740 });
    const fits = async (state: string, where: Locator = page.locator('html')) => {
      const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      expect(over, state).toBe(0);
      expect(await where.evaluate((element) => element.scrollWidth - element.clientWidth), state).toBeLessThanOrEqual(0);
      const small = await page.locator('button:visible, select:visible').evaluateAll((all) =>
        all
          .filter((element) => Math.min(element.getBoundingClientRect().width, element.getBoundingClientRect().height) < 24)
          .map((element) => element.outerHTML),
      );
      expect(small, state).toEqual([]);
    };
    await fits('an empty page');
    await ada.composer.fill('Show me.');
    await page.getByRole('button', { name: 'Send', exact: true }).tap();
    const answer = await provider.asked();
    answer.say(WIDE);
    answer.end();
    await ada.replyEnded();
    await expect(ada.reply.locator('table')).toBeVisible();
    await fits('a conversation', page.getByRole('region', { name: 'Messages' }));
    await opener(page).tap();
    await listIs(page, 'open');
    await fits('the list', page.getByRole('complementary', { name: 'Chats' }));
    await page.getByRole('button', { name: /^Account: / }).tap();
    await fits('a menu', page.getByRole('menu'));
    await page.getByRole('menuitem', { name: 'Settings' }).tap();
    for (const name of ['Change email', 'Change password']) await page.getByRole('button', { name, exact: true }).tap();
    for (const [tab, button] of [['Profile'], ['New chats'], ['Active sessions'], ['Access tokens', 'New token'], ['Your data', 'Delete account…']]) {
      await page.getByRole('tab', { name: tab! }).tap();
      if (button) await page.getByRole('button', { name: button, exact: true }).tap();
      await fits(`the account: ${tab}`, page.getByRole('dialog', { name: 'Settings' }));
    }
    await page.keyboard.press('Escape');
    await ada.accountMenu('Sign out');
    await expect(page.getByRole('button', { name: 'Sign in', exact: true })).toBeVisible();
    await fits('signing in');
    await page.getByRole('button', { name: 'Create account' }).tap();
    await fits('signing up');
  });
}
