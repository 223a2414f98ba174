import type { Page } from '@playwright/test';
import { Api } from './support/api.ts';
import { expect, scripted as test } from './support/test.ts';

const PARAGRAPHS = 'A paragraph of **some** words.\n\n'.repeat(12);

/** Marks three messages of the list, and selects them from the first to the last. Returns the selected text. */
async function markAndSelect(page: Page): Promise<string> {
  return page.getByRole('region', { name: 'Messages' }).evaluate((list) => {
    const messages = [...list.querySelectorAll('article')].slice(-6, -3);
    Object.assign(globalThis, { marked: messages });
    getSelection()!.setBaseAndExtent(messages[0]!, 0, messages[2]!, messages[2]!.childNodes.length);
    return getSelection()!.toString();
  });
}

/** Counts the moments at which one of the marked messages is not in the document. */
function watchMarked(page: Page): Promise<void> {
  return page.getByRole('region', { name: 'Messages' }).evaluate((list) => {
    const marked = (globalThis as any).marked as Element[];
    (globalThis as any).lost = 0;
    new MutationObserver(() => {
      if (!marked.every((message) => message.isConnected)) (globalThis as any).lost++;
    }).observe(list, { childList: true, subtree: true });
  });
}

test('earlier messages and the selection in them are untouched while a reply grows', async ({ page, ada, server, provider }) => {
  const api = await Api.of(server, ada);
  const id = await api.say(`1: ${PARAGRAPHS}`);
  for (let count = 2; count <= 5; count++) await api.say(`${count}: ${PARAGRAPHS}`, id);
  await api.ask('mutation($id: ID!) { updateConversation(input: { id: $id, model: "scripted" }) { conversation { id } } }', { id });
  await page.goto(`/c/${id}`);
  await expect(ada.replies.locator('.markdown')).toHaveCount(5);
  await ada.say('Tell me.');
  const answer = await provider.asked();
  answer.say('It begins.\n\n');
  await expect(ada.reply).toContainText('It begins.');

  const selected = await markAndSelect(page);
  expect(selected.length).toBeGreaterThan(500);
  await watchMarked(page);
  for (let count = 1; count <= 12; count++) {
    answer.say(`${PARAGRAPHS}Part ${count}.\n\n`);
    await expect(ada.reply).toContainText(`Part ${count}.`);
  }
  answer.end();
  await ada.replyEnded();
  expect(await page.evaluate(() => (globalThis as any).lost)).toBe(0);
  expect(await page.evaluate(() => getSelection()!.toString())).toBe(selected);
});

test('in a long chat, a message with the focus or a selection stays in the document', async ({ page, ada, server }) => {
  const api = await Api.of(server, ada);
  const id = await api.say('1: the beginning');
  for (let count = 2; count <= 31; count++) await api.say(`${count}: ${'some words of it '.repeat(40)}`, id);
  await page.goto(`/c/${id}`);
  const scroller = page.getByRole('region', { name: 'Messages' });
  await expect(ada.replies.last()).toContainText('31:');
  // By hand, because the list otherwise stays at its end, and repeatedly, because earlier messages load meanwhile.
  const toTop = () =>
    expect(async () => {
      await scroller.hover();
      await page.mouse.wheel(0, -100_000);
      await expect(ada.questions.filter({ hasText: '1: the beginning' })).toBeInViewport({ timeout: 1_000 });
    }).toPass({ timeout: 60_000 });
  const first = ada.questions.first();
  await toTop();
  await first.getByRole('button', { name: 'Copy' }).focus();
  await scroller.evaluate((element) => (element.scrollTop = element.scrollHeight));
  await expect(ada.replies.last()).toBeInViewport();
  await expect(page.getByRole('article').filter({ hasText: '12: ' }), 'other messages are removed').toHaveCount(0);
  await expect(first).toContainText('1: the beginning');
  await expect(first.getByRole('button', { name: 'Copy' })).toBeFocused();

  await ada.composer.focus();
  await expect(ada.questions.filter({ hasText: '1: the beginning' }), 'without the focus it is removed too').toHaveCount(0);

  const selected = await ada.replies.last().evaluate((reply) => (getSelection()!.selectAllChildren(reply.querySelector('.markdown')!), getSelection()!.toString()));
  expect(selected).toContain('31: some words');
  await toTop();
  expect(await page.evaluate(() => getSelection()!.toString())).toBe(selected);
});
