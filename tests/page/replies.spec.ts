import { expect, scripted as test } from './support/test.ts';

test('a reply is rendered as Markdown while it grows', async ({ page, ada, provider }) => {
  await ada.say('Tell me.');
  const answer = await provider.asked();
  answer.say('## Plan\n\nFirst **th');
  await expect(page.getByRole('heading', { name: 'Plan' })).toBeVisible();
  answer.say('is**, then:\n\n- one\n- two\n\n```rust\nfn main() {}\n');
  await expect(ada.reply.locator('strong')).toHaveText('this');
  await expect(ada.reply.getByRole('listitem')).toHaveText(['one', 'two']);
  await expect(ada.reply.locator('pre')).toContainText('fn main() {}');
  await expect(ada.reply.locator('pre .hljs-keyword')).toHaveText('fn');
  answer.say('```\n\n<details>\n<summary>How</summary>\n\nPress <kbd>Ctrl</kbd>\nor not.\n</details>\n\n| a | b |\n|---|---|\n| 1 | 2 |\n');
  await expect(ada.reply.getByRole('columnheader')).toHaveText(['a', 'b']);
  await ada.reply.getByText('How').click();
  await expect(ada.reply.locator('details kbd')).toHaveText('Ctrl');
  await expect(ada.reply.locator('details p br')).toBeAttached();
  answer.end();
  await ada.replyEnded();
  await expect(ada.replies.last()).toContainText('1,234 tokens');
  await expect(ada.replies.last()).toContainText('scripted');
});

test('settled blocks are not rendered again while the rest grows', async ({ page, ada, provider }) => {
  await ada.say('Tell me.');
  const answer = await provider.asked();
  answer.say('The first paragraph.\n\n```js\nlet a = 1;\n```\n\nThe second');
  await expect(ada.reply).toContainText('The second');
  await expect(ada.reply.locator('pre .hljs-number'), 'the code is highlighted').toHaveText('1');
  await ada.reply.evaluate((element) => {
    for (const block of element.querySelectorAll('p, pre, pre span')) (block as any).seen = true;
  });
  for (let index = 0; index < 20; index++) answer.say(` and ${index}\n\nparagraph`);
  answer.say(' is the last.');
  await expect(ada.reply).toContainText('is the last.');
  const kept = await ada.reply.evaluate((element) =>
    [...element.querySelectorAll('p:first-child, pre, pre span')].map((block) => (block as any).seen === true),
  );
  expect(kept.length).toBeGreaterThan(2);
  expect(kept).not.toContain(false);
  answer.end();
  await ada.replyEnded();
  await page.reload();
  await expect(ada.reply).toContainText('is the last.');
});

test('a stopped reply keeps the text that was shown', async ({ page, ada, provider }) => {
  await ada.say('Tell me a long story.');
  const answer = await provider.asked();
  answer.say('Once upon a time');
  await expect(ada.reply).toHaveText('Once upon a time');
  await page.getByRole('button', { name: 'Stop the reply' }).click();
  await expect(page.getByText('Stopped.', { exact: true })).toBeVisible();
  await ada.replyEnded();
  await expect.poll(() => answer.response.destroyed, { message: 'the request to the model is cancelled' }).toBe(true);
  await expect(ada.reply).toHaveText('Once upon a time');
  await expect(page.getByRole('button', { name: 'Stop the reply' })).toBeHidden();

  await page.reload();
  await expect(ada.reply).toHaveText('Once upon a time');
  await expect(page.getByText('Stopped.', { exact: true })).toBeVisible();

  await ada.say('Another one, then.');
  await provider.asked();
  await ada.composer.press('Escape');
  await expect(page.getByText('Stopped.', { exact: true })).toHaveCount(2);
});

test('half-written Markdown of a stopped reply is rendered, and copied as it was written', async ({ page, ada, provider, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const end = 'And **bold so far, and [a link](http://exa';
  await ada.say('Tell me.');
  const answer = await provider.asked();
  answer.say(`The first.\n\n${end}`);
  await expect(ada.reply.locator('strong')).toHaveText('bold so far, and a link');
  await page.getByRole('button', { name: 'Stop the reply' }).click();
  await expect(page.getByText('Stopped.', { exact: true })).toBeVisible();
  await ada.replyEnded();
  await expect(ada.reply.locator('p')).toHaveText(['The first.', 'And bold so far, and a link']);
  await page.reload();
  await expect(ada.reply.locator('strong')).toHaveText('bold so far, and a link');
  await ada.replies.last().getByRole('button', { name: 'Copy', exact: true }).click();
  await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toBe(`The first.\n\n${end}`);

  await ada.say('Go on.');
  const table = await provider.asked();
  table.say('A table:\n\n| a | b');
  await expect(ada.reply.getByRole('columnheader')).toHaveText(['a', 'b']);
  table.breakOff();
  await expect(ada.replies.last()).toContainText('Couldn’t reach the model, or lost the connection to it.');
  await ada.replyEnded();
  await expect(ada.reply.getByRole('columnheader')).toHaveText(['a', 'b']);
});

test('a failed reply shows why, and can be retried', async ({ page, ada, provider }) => {
  await ada.say('Anybody there?');
  (await provider.asked()).refuse(400, 'This model does not like your question.');
  await expect(ada.replies.last()).toContainText('rejected the request');
  await ada.replyEnded();
  const reason = page.getByText('This model does not like your question.');
  await expect(reason).toBeHidden();
  await page.getByText('Details').click();
  await expect(reason).toBeVisible();

  await page.getByRole('button', { name: 'Try again' }).click();
  const again = await provider.asked();
  again.say('Half an');
  await expect(ada.reply).toHaveText('Half an');
  again.breakOff();
  await expect(ada.replies.last()).toContainText('Couldn’t reach the model, or lost the connection to it.');
  await expect(ada.reply).toHaveText('Half an');
  await expect(page.getByText('Details'), 'the provider gave no reason').toHaveCount(0);

  await ada.replies.last().getByRole('button', { name: 'Try again' }).click();
  const last = await provider.asked();
  expect(last.request.messages.at(-1)).toEqual({ role: 'user', content: 'Anybody there?' });
  last.say('Yes.');
  last.end();
  await ada.replyEnded();
  await expect(ada.reply).toHaveText('Yes.');
  // The failed replies are earlier versions of this one.
  await expect(ada.replies).toHaveCount(1);
  await expect(ada.questions).toHaveCount(1);
  await ada.replies.last().getByRole('button', { name: 'Previous version' }).click();
  await expect(ada.reply).toHaveText('Half an');
});

test('a message sent before the reply has ended waits for its turn', async ({ page, ada, provider }) => {
  await ada.say('First.');
  const first = await provider.asked();
  first.say('The first');
  await expect(ada.reply).toHaveText('The first');
  await ada.say('Second.');
  await expect(page.getByText('Queued: starts after the current reply')).toBeVisible();
  first.say(' reply.');
  first.end();
  const second = await provider.asked();
  await expect(page.getByText('Queued: starts after the current reply')).toBeHidden();
  second.say('The second reply.');
  second.end();
  await ada.replyEnded();
  await expect(ada.replies.locator('.markdown')).toHaveText(['The first reply.', 'The second reply.']);
});

test('messages and code can be copied', async ({ page, ada, provider, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const copied = () => page.evaluate(() => navigator.clipboard.readText());
  const markdown = 'Look:\n\n```sh\necho **hi**\n```\n';
  await ada.say('Show me.');
  const answer = await provider.asked();
  answer.say(markdown);
  answer.end();
  await ada.replyEnded();

  await ada.replies.last().getByRole('button', { name: 'Copy', exact: true }).click();
  await expect(ada.replies.last().getByRole('button', { name: 'Copied' })).toBeVisible();
  expect(await copied()).toBe(markdown);
  await ada.replies.last().getByRole('button', { name: 'Copy code' }).click();
  await expect.poll(copied).toBe('echo **hi**');
  await ada.questions.last().hover();
  await ada.questions.last().getByRole('button', { name: 'Copy' }).click();
  await expect.poll(copied).toBe('Show me.');
});

test('the list stays where the user has scrolled it', async ({ page, ada, provider }) => {
  const scroller = page.getByRole('region', { name: 'Messages' });
  const place = () => scroller.evaluate(({ scrollTop }) => scrollTop);
  const toEnd = () => scroller.evaluate(({ scrollHeight, scrollTop, clientHeight }) => scrollHeight - scrollTop - clientHeight);
  const paragraphs = (count: number) => 'A paragraph of some words.\n\n'.repeat(count);

  await ada.say('Tell me.');
  const answer = await provider.asked();
  answer.say(paragraphs(60));
  await expect(ada.reply.locator('p')).toHaveCount(60);
  await expect.poll(toEnd).toBeLessThan(2);
  answer.say(paragraphs(20));
  await expect(ada.reply.locator('p')).toHaveCount(80);
  await expect.poll(toEnd, { message: 'it follows the end' }).toBeLessThan(2);

  await scroller.hover();
  await page.mouse.wheel(0, -700);
  await expect.poll(toEnd).toBeGreaterThan(600);
  const before = await place();
  answer.say(paragraphs(40));
  await expect(ada.reply.locator('p')).toHaveCount(120);
  expect(await place()).toBe(before);
  answer.end();
  await ada.replyEnded();
  expect(await place()).toBe(before);

  await page.getByRole('button', { name: 'Scroll to bottom' }).click();
  await expect.poll(toEnd).toBeLessThan(2);
});
