import { Api } from './support/api.ts';
import { expect, scripted as test } from './support/test.ts';

test('reasoning streams while it is open, and is loaded again only when it is opened', async ({ page, ada, provider }) => {
  const requests: string[] = [];
  page.on('request', (request) => requests.push(request.postDataJSON()?.operationName));
  const reasoning = ada.replies.last().locator('details.reasoning');
  const summary = reasoning.locator('summary');
  const answer = ada.replies.last().locator('> .markdown');

  await ada.say('Think.');
  const asked = await provider.asked();
  asked.reason('First, the *easy* part.');
  await expect(summary).toHaveText('Thinking…');
  await expect(reasoning.locator('.markdown')).toHaveCount(0);
  await summary.focus();
  await page.keyboard.press('Enter');
  await expect(reasoning.locator('em')).toHaveText('easy');
  asked.reason('\n\nThen the rest.');
  await expect(reasoning.locator('p')).toHaveText(['First, the easy part.', 'Then the rest.']);
  asked.reason('\n\nMore.'.repeat(60));
  asked.say('Done.');
  await expect(summary).toHaveText(/^Thought for \d+ s$/);
  await expect(reasoning.locator('p')).toHaveCount(62);
  await expect(summary).toBeFocused();
  asked.end();
  await ada.replyEnded();
  await expect(answer).toHaveText('Done.');
  await expect(reasoning.locator('p')).toHaveCount(62);
  await expect(page.getByRole('status').filter({ hasText: 'Reply finished.' })).toHaveText('Reply finished. Done.');
  expect(requests).not.toContain('Reasoning');

  await page.reload();
  await expect(summary, 'the server does not store the time').toHaveText('Thought');
  expect(requests).not.toContain('Reasoning');
  await summary.click();
  await expect(reasoning.locator('p')).toHaveCount(62);
  await expect(summary, 'the list does not jump to its end').toBeInViewport();
  await expect(page.getByRole('button', { name: 'Scroll to bottom' })).toBeVisible();
});

test('the sources of a reply are numbered links, also after a reload', async ({ page, ada, provider }) => {
  await ada.say('Look it up.');
  const asked = await provider.asked();
  asked.say('It rains [1].');
  asked.cite('https://www.weather.example/today', 'The weather');
  asked.cite('http://other.example/');
  asked.end();
  await ada.replyEnded();
  const sources = page.getByRole('list', { name: 'Sources' });
  for (const _ of ['streamed', 'loaded']) {
    await expect(sources.getByRole('listitem')).toHaveText(['[1] The weather – weather.example', '[2] http://other.example/ – other.example']);
    const link = sources.getByRole('link', { name: 'The weather' });
    await expect(link).toHaveAttribute('href', 'https://www.weather.example/today');
    await expect(link).toHaveAttribute('rel', /noopener/);
    await page.reload();
  }
});

test('a reply can be rated, on all devices, with a note on what was wrong', async ({ page, ada, provider, server, device }) => {
  await ada.say('Tell me.');
  const asked = await provider.asked();
  asked.say('No.');
  asked.end();
  await ada.replyEnded();
  const good = ada.replies.last().getByRole('button', { name: 'Good reply' });
  const bad = ada.replies.last().getByRole('button', { name: 'Bad reply' });
  const note = page.getByRole('textbox', { name: 'What was wrong?' });
  const api = await Api.of(server, ada);
  const stored = async () => {
    const { me } = await api.ask('{ me { conversations(first: 1) { nodes { messages(last: 1) { nodes { rating ratingNote } } } } } }');
    return me.conversations.nodes[0].messages.nodes[0];
  };

  await good.click();
  await expect(good).toHaveAttribute('aria-pressed', 'true');
  await bad.click();
  await expect(good).toHaveAttribute('aria-pressed', 'false');
  await expect(note).toBeFocused();
  await note.fill('Too short.');
  await note.press('Enter');
  await expect(note).toBeHidden();
  await expect(bad).toBeFocused();
  await expect.poll(stored).toEqual({ rating: 'BAD', ratingNote: 'Too short.' });
  const other = ada.on(await (await device()).newPage());
  await other.page.goto(page.url());
  await other.signIn();
  const otherBad = other.replies.last().getByRole('button', { name: 'Bad reply' });
  await expect(otherBad).toHaveAttribute('aria-pressed', 'true');
  await bad.click();
  await expect(otherBad).toHaveAttribute('aria-pressed', 'false');
  await expect.poll(stored).toEqual({ rating: null, ratingNote: null });
  await expect(note).toBeHidden();
});

const withTools = test.extend({
  settings: ({ provider }, use) => use({ ...provider.settings, SCRIPTED_API: 'responses', SCRIPTED_TOOLS: 'web_search' }),
});

withTools('a reply shows the tools that the provider runs, also after a reload', async ({ page, ada, provider }) => {
  const call = { type: 'web_search_call', id: 'ws_1', status: 'in_progress' };
  const found = { ...call, status: 'completed', action: { type: 'search', query: 'weather <b>today</b>' } };
  const text = { type: 'message', id: 'msg_1', role: 'assistant', content: [{ type: 'output_text', text: 'It rains.', annotations: [] }] };
  const tools = page.getByRole('list', { name: 'Tools' });

  await ada.say('Look it up.');
  const asked = await provider.asked();
  asked.event('response.output_item.added', { output_index: 0, item: call });
  await expect(tools.getByRole('listitem')).toHaveText(['Searching the web…']);
  asked.event('response.output_item.done', { output_index: 0, item: found });
  asked.event('response.output_text.delta', { output_index: 1, item_id: 'msg_1', content_index: 0, delta: 'It rains.' });
  asked.event('response.completed', { response: { status: 'completed', output: [found, text], usage: null } });
  asked.response.end();
  await ada.replyEnded();
  for (const _ of ['streamed', 'loaded']) {
    await expect(tools.getByRole('listitem')).toHaveText(['Searched the web: weather <b>today</b>']);
    await page.reload();
  }
});

const short = test.extend({
  settings: ({ provider }, use) => use({ ...provider.settings, CONFAB_HISTORY_TOKENS: '100', CONFAB_MAX_CONTENT: '1000' }),
});

short('a reply says how many messages the model did not see', async ({ ada, provider }) => {
  for (const text of ['One. '.repeat(150), 'Two.']) {
    await ada.say(text.trim());
    const asked = await provider.asked();
    asked.say('Yes.');
    asked.end();
    await ada.replyEnded();
  }
  await expect(ada.replies.last()).toContainText('The model didn’t see the first 2 messages.');
  await expect(ada.replies.first()).not.toContainText('didn’t see');
});

short('a text that is too long is cut off, or sent as several messages', async ({ page, ada, provider }) => {
  const paragraphs = ['a', 'b', 'c'].map((letter) => `${letter} `.repeat(400).trim());
  const text = paragraphs.join('\n\n');
  await ada.composer.fill(text);
  await page.getByRole('button', { name: 'Cut off the end' }).click();
  await expect(page.getByText(/^\d characters? left$/)).toBeVisible();
  await expect(page.getByText(/^Cut off the last 1,4\d\d characters\.$/)).toBeVisible();
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(ada.composer).toHaveValue(text);

  await page.getByRole('button', { name: 'Send as 3 messages' }).click();
  await expect(ada.composer).toBeFocused();
  await expect(ada.questions.locator('.bubble')).toHaveText(paragraphs);
  for (const paragraph of paragraphs) {
    const asked = await provider.asked();
    expect(asked.request.messages.at(-1)!.content).toContain(paragraph);
    asked.say('Yes.');
    asked.end();
  }
  await ada.replyEnded();
  await expect(ada.list.getByRole('link')).toHaveCount(1);
});
