import AxeBuilder from '@axe-core/playwright';
import type { Locator, Page } from '@playwright/test';
import { expect, scripted, test } from './support/test.ts';
import { Witness } from './support/witness.ts';

async function passes(page: Page, state: string): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`);
  expect(found, state).toEqual([]);
}

/** Checks that the borders of fields have a contrast of at least 3:1 to what is around them (WCAG 1.4.11). */
async function bordersHaveContrast(fields: Locator): Promise<void> {
  const contrasts = await fields.evaluateAll((elements) => {
    const luminance = (colour: string) => {
      const [r, g, b] = colour.match(/[\d.]+/g)!.map((value) => (Number(value) / 255 <= 0.03928 ? Number(value) / 255 / 12.92 : ((Number(value) / 255 + 0.055) / 1.055) ** 2.4));
      return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
    };
    const backgroundOf = (element: Element): string => {
      const { backgroundColor } = getComputedStyle(element);
      return backgroundColor === 'rgba(0, 0, 0, 0)' ? backgroundOf(element.parentElement!) : backgroundColor;
    };
    return elements.map((field) => {
      const { borderTopColor, borderTopWidth } = getComputedStyle(field);
      if (borderTopWidth === '0px') return 0;
      const border = luminance(borderTopColor);
      const around = luminance(backgroundOf(field.parentElement!));
      return (Math.max(border, around) + 0.05) / (Math.min(border, around) + 0.05);
    });
  });
  expect(contrasts.length).toBeGreaterThan(0);
  expect(Math.min(...contrasts)).toBeGreaterThanOrEqual(3);
}

const MARKDOWN = `## A heading

Text with **bold**, \`code\` and a [link](https://example.com).

- [x] done
- [ ] to do

> A quotation

| a | b |
|---|--:|
| 1 | 2 |

\`\`\`python
def f(x):
    # a comment
    return "text" + str(x) + "${'so long that it is cut off '.repeat(8)}"
\`\`\`

\\[x^2 = ${'a + '.repeat(60)} y\\]

<details>
<summary>More</summary>

Press <kbd>Ctrl</kbd>
</details>

مرحبا بالعالم
`;

for (const colorScheme of ['light', 'dark'] as const) {
  for (const [device, viewport] of Object.entries({ wide: { width: 1280, height: 800 }, phone: { width: 360, height: 740 } })) {
    scripted.describe(`${colorScheme}, ${device}`, () => {
      scripted.use({ colorScheme, viewport, contextOptions: { reducedMotion: 'reduce' } });

      scripted('axe finds no violations', async ({ page, ada, provider }) => {
        const openList = async () => device === 'phone' && page.getByRole('button', { name: 'Show chats' }).click();
        await passes(page, 'an empty page');

        await ada.say('Show me everything.');
        await (async () => {
          const answer = await provider.asked();
          await passes(page, 'waiting');
          answer.reason('Let me **think**.');
          answer.say(MARKDOWN);
          await expect(ada.reply.locator('pre .hljs-keyword').first()).toBeVisible();
          await passes(page, 'streaming');
          answer.cite('https://example.com/page', 'A page');
          answer.end();
        })();
        await ada.replyEnded();
        await expect(ada.reply.locator('.katex-display')).toBeVisible();
        await ada.reply.getByText('More', { exact: true }).click();
        await page.getByText('Thought for').click();
        await ada.replies.last().getByRole('button', { name: 'Bad reply' }).click();
        await expect(page.getByRole('textbox', { name: 'What was wrong?' })).toBeVisible();
        await passes(page, 'a reply with reasoning, sources and a rating');

        await ada.say('And a failure.');
        (await provider.asked()).refuse(400, 'no');
        await ada.replyEnded();
        await page.getByRole('button', { name: 'Try again' }).click();
        (await provider.asked()).refuse(400, 'no');
        await expect(page.getByRole('group', { name: 'Versions' })).toBeVisible();
        await ada.composer.press('ArrowUp');
        await expect(page.getByRole('textbox', { name: 'Edit message' })).toBeFocused();
        await ada.composer.fill('x'.repeat(32_001));
        await bordersHaveContrast(page.locator('.composer .field, .edit, .rating-note input'));
        await passes(page, 'a failure with versions, an edit, and too long a message');
        await ada.composer.fill('');

        await page.getByRole('button', { name: 'Chat settings' }).click();
        await expect(page.getByRole('dialog')).toBeVisible();
        await passes(page, 'instructions');
        await page.keyboard.press('Escape');

        await page.keyboard.press('Control+k');
        await page.getByRole('combobox', { name: /^Search/ }).fill('show me');
        await expect(page.getByRole('dialog').getByRole('status')).toHaveText('2 results');
        await passes(page, 'the palette');
        await page.keyboard.press('Escape');

        await openList();
        await passes(page, 'the list');
        await page.getByRole('button', { name: 'Archived chats' }).click();
        await expect(page.getByRole('dialog')).toContainText('No archived chats.');
        await passes(page, 'the archive');
        await page.keyboard.press('Escape');
        await page.getByRole('button', { name: /^Options for/ }).click();
        await passes(page, 'a menu');
        await page.getByRole('menuitem', { name: 'Rename' }).click();
        await passes(page, 'renaming');
        await page.keyboard.press('Escape');
        await page.getByRole('button', { name: /^Account: / }).click();
        await passes(page, 'the account menu');
        await page.getByRole('menuitem', { name: 'Settings' }).click();
        for (const name of ['Change email', 'Change password']) await page.getByRole('button', { name, exact: true }).click();
        for (const [tab, button] of [['Access tokens', 'New token'], ['Your data', 'Delete account…']]) {
          await page.getByRole('tab', { name: tab! }).click();
          await page.getByRole('button', { name: button!, exact: true }).click();
        }
        // One check of all panels, because each check takes seconds.
        await page.getByRole('dialog').evaluate((dialog) => {
          for (const panel of dialog.querySelectorAll<HTMLElement>('[role=tabpanel]')) panel.hidden = false;
        });
        await expect(page.getByText('this device', { exact: true })).toBeVisible();
        await passes(page, 'the account');
        await bordersHaveContrast(page.getByRole('dialog', { name: 'Settings' }).locator('input:not([hidden]), select, textarea'));
        await page.keyboard.press('Escape');
        await page.getByRole('button', { name: /^Options for/ }).click();
        await page.getByRole('menuitem', { name: 'Delete' }).click();
        await passes(page, 'a deleted conversation');
        await page.goto('/c/conversation_00000000000000000000000000000000');
        await expect(page.getByText('Chat not found')).toBeVisible();
        await passes(page, 'a missing conversation');

        await openList();
        await ada.accountMenu('Sign out');
        await ada.signIn('wrong password');
        await expect(page.getByRole('alert')).toHaveText('Wrong email or password.');
        await passes(page, 'signing in');
        await page.getByRole('button', { name: 'Create account' }).click();
        await passes(page, 'signing up');
      });
    });
  }
}

scripted('everything can be done with the keyboard', async ({ page, ada, provider }) => {
  const at = () => page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent);
  const tabTo = async (name: RegExp) => {
    for (let count = 0; count < 40; count++) {
      await page.keyboard.press('Tab');
      if (name.test((await at()) ?? '')) return;
    }
    throw new Error(`no way to ${name}, the last was ${await at()}`);
  };
  await expect(ada.composer).toBeFocused();
  await page.keyboard.type('Hello.');
  await page.keyboard.press('Enter');
  await expect(ada.composer).toBeFocused();
  (await provider.asked()).say('One');
  await expect(ada.reply).toHaveText('One');
  await page.keyboard.press('Escape');
  await expect(page.getByText('Stopped.', { exact: true })).toBeVisible();

  await tabTo(/^New chat/);
  await page.keyboard.press('Enter');
  await expect(ada.composer).toBeFocused();
  await tabTo(/^Hello\.$/);
  await page.keyboard.press('Enter');
  await expect(ada.questions).toHaveText(/Hello\./);
  await tabTo(/^Options for Hello\.$/);
  await page.keyboard.press('Enter');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('Enter');
  await page.keyboard.type('By keys');
  await page.keyboard.press('Enter');
  await expect(ada.list.getByRole('link')).toHaveText(['By keys']);
  await page.keyboard.press('Control+Shift+O');
  await expect(page).toHaveURL(/\/$/);
  await expect(ada.composer).toBeFocused();
});

scripted('rarer actions can be done with the keyboard too', async ({ page, ada, provider, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const focused = page.locator(':focus');
  const tabTo = async (locator: Locator, key = 'Tab') => {
    await expect(locator).toBeVisible();
    for (let count = 0; count < 40; count++) {
      await page.keyboard.press(key);
      if (await locator.evaluate((element) => element === document.activeElement)) return;
    }
    throw new Error(`no way to ${locator}, the last was ${await focused.evaluate((element) => element.outerHTML)}`);
  };
  const button = (name: string | RegExp) => page.getByRole('button', { name });

  // The model.
  const model = page.getByRole('combobox', { name: 'Model' });
  await tabTo(model);
  await page.keyboard.type('scripted');
  await expect(model.locator('option:checked')).toHaveText(/scripted/);

  // The instructions.
  await tabTo(button('Chat settings'), 'Shift+Tab');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('dialog').getByRole('textbox')).toBeFocused();
  await page.keyboard.type('Be brief.');
  await tabTo(page.getByRole('dialog').getByRole('button', { name: 'Save' }));
  await page.keyboard.press('Enter');
  await expect(page.getByRole('dialog')).toBeHidden();
  await expect(button('Chat settings')).toBeFocused();

  // A reply is copied.
  await page.keyboard.press('Tab');
  await tabTo(ada.composer);
  await page.keyboard.type('Hello.');
  await page.keyboard.press('Enter');
  const answer = await provider.asked();
  expect(answer.request.messages[0]).toEqual({ role: 'system', content: 'Be brief.' });
  answer.say('Copy me.');
  answer.end();
  await ada.replyEnded();
  await tabTo(ada.replies.last().getByRole('button', { name: 'Copy' }), 'Shift+Tab');
  await page.keyboard.press('Enter');
  await expect(button('Copied')).toBeFocused();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe('Copy me.');

  // The account.
  await tabTo(button(/^Account: /), 'Shift+Tab');
  await page.keyboard.press('Enter');
  while (!(await focused.textContent())?.includes('Settings')) await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  const account = page.getByRole('dialog', { name: 'Settings' });
  // Its tabs.
  await tabTo(account.getByRole('tab', { name: 'Profile' }));
  await page.keyboard.press('ArrowLeft');
  await expect(account.getByRole('tab', { name: 'Your data', selected: true })).toBeFocused();
  await expect(account.getByRole('tabpanel', { name: 'Your data' })).toBeVisible();
  await page.keyboard.press('ArrowRight');
  await expect(account.getByRole('tabpanel')).toHaveAccessibleName('Profile');
  await tabTo(account.getByLabel('Name', { exact: true }).first());
  await page.keyboard.type('Countess');
  await page.keyboard.press('Enter');
  await expect(account.getByText('Saved.')).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(account).toBeHidden();
  await expect(button('Account: Countess')).toBeFocused();

  // The shortcuts.
  await page.keyboard.press('Control+/');
  await expect(page.getByRole('dialog', { name: 'Keyboard shortcuts' })).toContainText('Undo delete');
  await page.keyboard.press('Escape');
  await expect(button('Account: Countess')).toBeFocused();

  // A chat that is not open is deleted and restored.
  await page.keyboard.press('Control+Shift+O');
  await expect(ada.composer).toBeFocused();
  await page.keyboard.type('Another one.');
  await page.keyboard.press('Enter');
  (await provider.asked()).end();
  await ada.replyEnded();
  const row = ada.list.getByRole('link', { name: 'Hello.' });
  await tabTo(button('Options for Hello.'), 'Shift+Tab');
  await page.keyboard.press('Enter');
  await page.keyboard.press('End');
  await page.keyboard.press('Enter');
  await expect(row).toBeHidden();
  await expect(ada.list.getByRole('link')).toBeFocused();
  await page.keyboard.press('Control+z');
  await expect(row).toBeFocused();
  await expect(page.getByText('“Hello.” deleted.')).toBeHidden();

  // The same for the open chat. In the message field, the shortcut would undo typing, so the button is used.
  await tabTo(button('Options for Another one.'), 'Shift+Tab');
  await page.keyboard.press('Enter');
  await page.keyboard.press('End');
  await page.keyboard.press('Enter');
  await expect(ada.composer).toBeFocused();
  await tabTo(button('Undo'));
  await page.keyboard.press('Enter');
  await expect(ada.questions).toHaveText(/Another one\./);
});

scripted('the end of a reply is announced, but not every word of it', async ({ page, ada, provider }) => {
  const announced = await page.evaluateHandle(() => {
    const texts: string[] = [];
    for (const region of document.querySelectorAll('[aria-live], [role=status], [role=alert], [role=log]'))
      new MutationObserver(() => texts.push(region.textContent ?? '')).observe(region, { childList: true, characterData: true, subtree: true });
    return texts;
  });
  await ada.say('Tell me.');
  const answer = await provider.asked();
  for (const word of 'This is the reply. It has two sentences.'.split(/(?<= )/)) {
    answer.say(word);
    await expect(ada.reply).toContainText(word.trim());
  }
  await expect(ada.replies.last()).toHaveAttribute('aria-busy', 'true');
  answer.end();
  await ada.replyEnded();
  await expect.poll(() => announced.jsonValue()).toEqual(['Reply finished. This is the reply.']);

  await ada.say('And the plan?');
  const plan = await provider.asked();
  plan.say('## The **plan**, in [short](https://example.com)\n\n- one\n- two\n');
  plan.end();
  await ada.replyEnded();
  await expect.poll(() => announced.evaluate((texts) => texts.at(-1)), { message: 'text without Markdown' }).toBe('Reply finished. The plan, in short');
});

test('right-to-left text has the right direction', async ({ ada }) => {
  await ada.choose('echo');
  await ada.say('مرحبا بالعالم');
  await ada.replyEnded();
  for (const text of [ada.reply.locator('p'), ada.questions.last().locator('p')]) {
    expect(await text.evaluate((element) => getComputedStyle(element).direction)).toBe('rtl');
  }
});

for (const reducedMotion of ['no-preference', 'reduce'] as const) {
  scripted.describe(`motion: ${reducedMotion}`, () => {
    scripted.use({ contextOptions: { reducedMotion } });

    scripted('text is revealed gradually, unless motion is reduced', async ({ page, ada, provider }) => {
      const witness = await Witness.of(page);
      await ada.say('Tell me.');
      const answer = await provider.asked();
      const piece = 'one word and another '.repeat(20);
      answer.say(piece);
      await expect(ada.reply).toHaveText(piece);
      // A trailing space is not visible.
      const shown = new Set(witness.seen.map((text) => text.trimEnd()).filter((text) => text !== ''));
      if (reducedMotion === 'reduce') expect([...shown]).toEqual([piece.trimEnd()]);
      else expect(shown.size).toBeGreaterThan(3);
      answer.end();
      await ada.replyEnded();
    });
  });
}
