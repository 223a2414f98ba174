import { expect, scripted, test } from './support/test.ts';
import { Witness } from './support/witness.ts';

/** Words that are all different, so that repeated or misplaced ones are noticed. */
const WORDS = Array.from({ length: 400 }, (_, index) => `word${index}`).join(' ');

scripted.describe('a reply in progress', () => {
  scripted('is the same after a reload, and continues', async ({ page, ada, provider }) => {
    const witness = await Witness.of(page);
    await ada.say('Tell me.');
    const answer = await provider.asked();
    answer.say('One half');
    await expect(ada.reply).toHaveText('One half');

    await page.reload();
    await expect(ada.reply).toHaveText('One half');
    answer.say(' and the other.');
    await expect(ada.reply).toHaveText('One half and the other.');
    answer.end();
    await ada.replyEnded();
    await expect(ada.replies).toHaveCount(1);
    witness.sawNothingBut('One half and the other.');
  });

  scripted('is complete when the tab is closed and opened again', async ({ page, ada, context, provider }) => {
    await ada.say('Tell me.');
    const answer = await provider.asked();
    answer.say('One half');
    await expect(ada.reply).toHaveText('One half');
    const address = page.url();
    await page.close();
    answer.say(' and the other.');
    answer.end();

    const later = ada.on(await context.newPage());
    await later.page.goto(address);
    await expect(later.reply).toHaveText('One half and the other.');
    await later.replyEnded();
    await expect(later.replies).toHaveCount(1);
  });

  for (const way of ['cut', 'silence'] as const) {
    scripted(`continues when the network is back (${way})`, async ({ page, ada, provider, server, guard }) => {
      guard.mayLoseConnections = true;
      const witness = await Witness.of(page);
      await ada.say('Tell me.');
      const answer = await provider.asked();
      answer.say('One');
      await expect(ada.reply).toHaveText('One');

      server.line[way]();
      answer.say(' two');
      // A silence is noticed long before the page gives the connection up.
      await expect(page.getByText('Interrupted, starting again…')).toBeVisible({ timeout: 8_000 });
      await expect(page.getByText('Reconnecting…')).toBeVisible({ timeout: 40_000 });
      await expect(ada.reply).toHaveText('One');
      server.line.mend();
      await expect(ada.reply).toHaveText('One two');
      await expect(page.getByText('Reconnecting…')).toBeHidden();
      await expect(page.getByText('Interrupted, starting again…')).toBeHidden();
      answer.say(' three.');
      answer.end();
      await ada.replyEnded();
      await expect(ada.reply).toHaveText('One two three.');
      witness.sawNothingBut('One two three.');
      witness.sawItGrow();
    });
  }

  scripted('is not called interrupted while a slow model thinks, or pauses', async ({ page, ada, provider }) => {
    let pongs = 0;
    let wake = () => {};
    page.on('websocket', (socket) =>
      socket.on('framereceived', ({ payload }) => {
        if (String(payload).includes('"pong"')) pongs++;
        wake();
      }),
    );
    const untilPongs = async (count: number) => {
      for (const first = pongs; pongs < first + count; ) await new Promise<void>((resolve) => (wake = resolve));
    };
    await page.reload();
    const interrupted = page.getByText('Interrupted, starting again…');
    await ada.say('Think hard.');
    const answer = await provider.asked();
    await untilPongs(3);
    await expect(interrupted).toHaveCount(0);
    answer.say('One');
    await expect(ada.reply).toHaveText('One');
    await untilPongs(3);
    await expect(interrupted).toHaveCount(0);
    answer.end();
    await ada.replyEnded();
  });

  scripted('is stopped even if the network is down at that moment', async ({ page, ada, provider, server, guard }) => {
    guard.mayLoseConnections = true;
    await ada.say('Tell me.');
    const answer = await provider.asked();
    answer.say('One half');
    await expect(ada.reply).toHaveText('One half');
    server.line.cut();
    await page.getByRole('button', { name: 'Stop the reply' }).click();
    await expect(page.getByText('Stopping…')).toBeVisible();
    server.line.mend();
    await expect(page.getByText('Stopped.', { exact: true })).toBeVisible();
    await expect(ada.reply).toHaveText('One half');
  });
});

test.describe('a server that stops during a reply', () => {
  test.use({ settings: { CONFAB_LEASE: '3', CONFAB_DRAIN: '0', CONFAB_PACE_MS: '15' } });

  for (const way of ['kill', 'terminate'] as const) {
    test(`continues the reply after a restart (${way})`, async ({ page, ada, server, guard }) => {
      guard.mayLoseConnections = true;
      await ada.choose('echo');
      const witness = await Witness.of(page);
      await ada.say(WORDS);
      await expect(ada.reply).toContainText('word30 ');
      const states = await page.evaluateHandle(() => {
        const seen: string[] = [];
        const chat = document.querySelector<HTMLElement>('.chat')!;
        const record = () => {
          const interrupted = /Interrupted, starting again/.test(chat.querySelector('.messages')!.textContent!);
          const state = `${chat.dataset.connection}${interrupted ? ', interrupted' : ''}`;
          if (state !== seen.at(-1)) seen.push(state);
        };
        record();
        new MutationObserver(record).observe(chat, { attributes: true, childList: true, subtree: true });
        return seen;
      });
      await server[way]();
      await expect(page.getByText('Reconnecting…')).toBeVisible();
      await server.start();
      await expect(ada.reply).toHaveText(WORDS, { timeout: 60_000 });
      await ada.replyEnded();
      await expect(ada.replies).toHaveCount(1);
      await expect(ada.questions).toHaveCount(1);
      await expect(page.getByText('Reconnecting…')).toBeHidden();
      witness.sawNothingBut(WORDS);
      witness.sawItGrow();
      expect(await states.jsonValue()).toEqual(['online', 'reconnecting', 'reconnecting, interrupted', 'online, interrupted', 'online']);
    });
  }

  test('continues the reply for a page that was reloaded meanwhile', async ({ page, ada, server, guard }) => {
    guard.mayLoseConnections = true;
    await ada.pageStored();
    await ada.choose('echo');
    await ada.say(WORDS);
    await expect(ada.reply).toContainText('word30 ');
    await server.kill();
    await page.reload();
    await server.start();
    await expect(ada.reply).toHaveText(WORDS, { timeout: 60_000 });
    await ada.replyEnded();
  });
});

test.describe('a message sent without a network', () => {
  test('waits while tabs are closed and opened, and is sent once', async ({ page, context, ada, server, guard }) => {
    guard.mayLoseConnections = true;
    await ada.say('The first.');
    await ada.replyEnded();
    server.line.cut();
    await ada.say('Sent in a tunnel.');
    await expect(page.getByText('Waiting for a connection… sends automatically')).toBeVisible();
    await page.close();

    server.line.mend();
    const tabs = [ada.on(await context.newPage()), ada.on(await context.newPage())];
    for (const tab of tabs) {
      await tab.page.goto('/');
      await tab.list.getByRole('link').first().click();
    }
    for (const tab of tabs) {
      await expect(tab.questions).toHaveText([/The first\./, /Sent in a tunnel\./]);
      await expect(tab.replies).toHaveCount(2);
      await tab.replyEnded();
    }
  });

  test('can start a chat, which then has one address', async ({ page, ada, server, guard }) => {
    guard.mayLoseConnections = true;
    server.line.cut();
    await ada.say('Anybody there?');
    await ada.say('And now?');
    await expect(ada.questions).toHaveCount(2);
    await expect(ada.list.getByRole('link')).toHaveText(['Anybody there?']);
    server.line.mend();
    await expect(ada.replies).toHaveCount(2);
    await ada.replyEnded();
    await expect(page).toHaveURL(/\/c\/conversation_/);
    await expect(ada.list.getByRole('link')).toHaveCount(1);
    await page.reload();
    await expect(ada.questions).toHaveText([/Anybody there\?/, /And now\?/]);
    await expect(ada.replies).toHaveCount(2);
  });

  test('is stored once if only its response was lost', async ({ page, ada, guard }) => {
    guard.mayLoseConnections = true;
    let lost = 0;
    await page.route('**/graphql', async (route) => {
      const sends = route.request().postData()?.includes('sendMessage');
      if (!sends || lost > 0) return route.continue();
      lost++;
      await route.fetch();
      await route.abort('connectionreset');
    });
    await ada.say('Only once, please.');
    await ada.replyEnded();
    expect(lost).toBe(1);
    await page.reload();
    await expect(ada.questions).toHaveCount(1);
    await expect(ada.replies).toHaveCount(1);
  });

  test('can be discarded while it waits', async ({ page, ada, server, guard }) => {
    guard.mayLoseConnections = true;
    server.line.cut();
    await ada.say('I should not say this.');
    await page.getByRole('button', { name: 'Discard' }).click();
    await expect(ada.questions).toHaveCount(0);
    server.line.mend();
    await ada.say('Something nicer.');
    await ada.replyEnded();
    await expect(ada.questions).toHaveText([/Something nicer\./]);
  });
});

test('a draft is kept for each chat, also after a reload', async ({ page, ada }) => {
  await ada.say('One conversation.');
  await ada.replyEnded();
  await ada.composer.fill('half a thought');
  await page.getByRole('link', { name: 'New chat' }).click();
  await expect(ada.composer).toHaveValue('');
  await ada.composer.fill('another');
  await page.reload();
  await expect(ada.composer).toHaveValue('another');
  await ada.list.getByRole('link').first().click();
  await expect(ada.composer).toHaveValue('half a thought');
});
