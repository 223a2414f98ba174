/**
 * Records the moving picture of the README: the connection breaks in the middle of a reply, and no word is lost. Then
 * takes the screenshots of docs/pages.md.
 * Run it with `scripts/record-picture`.
 */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Page } from '@playwright/test';
import type { Answer } from './support/provider.ts';
import { scripted as test } from './support/test.ts';

const FRAMES = process.env.FRAMES!;
/** The time between two frames, and between two words, in milliseconds. */
const FRAME = 200;
const WORD = 160;

const QUESTION = 'Why do sailors tie a bowline?';
const REPLY = `A bowline makes a **fixed loop** that does not slip and does not jam.

- It holds under load: the harder you pull, the firmer it sits.
- It unties easily afterwards, even when the rope is wet.
- You can tie it with one hand, which helps when the other one holds on to the boat.

Sailors use it for sheets, for mooring lines and, in an emergency, around a person.`;

const SCREENSHOT = `Let \`du\` measure and \`sort\` put the largest first:

\`\`\`sh
du -ah photos | sort -rh | head -n 3
\`\`\`

| option | meaning |
|---|---|
| \`-a\` | count files, not only folders |
| \`-h\` | print sizes for people, such as 4.2M |
| \`-r\` | largest first |
`;

/** Shows what happens to the network, above the page. */
async function caption(page: Page, text: string, colour: string): Promise<void> {
  await page.evaluate(
    ([text, colour]) => {
      const label = document.querySelector<HTMLElement>('#caption') ?? document.createElement('div');
      label.id = 'caption';
      label.textContent = text!;
      label.style.cssText = `position: fixed; z-index: 99; top: 10px; left: 78%; transform: translateX(-50%);
        padding: 6px 16px; border-radius: 99px; font: 600 15px system-ui; white-space: nowrap; color: white; background: ${colour}`;
      document.body.append(label);
    },
    [text, colour],
  );
}

/** Says these words one after the other. */
async function say(answer: Answer, words: string[]): Promise<void> {
  for (const word of words) {
    answer.say(word);
    await sleep(WORD);
  }
}

test.use({ viewport: { width: 960, height: 600 }, colorScheme: 'light' });

test('records the picture', async ({ ada, guard, page, provider, server }) => {
  guard.mayLoseConnections = true;
  await rm(FRAMES, { recursive: true, force: true });
  await mkdir(FRAMES, { recursive: true });
  let recording = true;
  const frames = (async () => {
    for (let number = 0; recording; number++) {
      const [image] = await Promise.all([page.screenshot(), sleep(FRAME)]);
      await writeFile(`${FRAMES}/${String(number).padStart(4, '0')}.png`, image);
    }
  })();

  await ada.composer.pressSequentially(QUESTION, { delay: 40 });
  await ada.composer.press('Enter');
  const answer = await provider.asked();
  const words = REPLY.match(/\S+\s*/g)!;
  await caption(page, 'Connected', '#2e7d32');
  await say(answer, words.slice(0, 22));
  server.line.cut();
  await caption(page, 'Network cable pulled', '#c62828');
  await say(answer, words.slice(22, 44));
  server.line.mend();
  await caption(page, 'Cable back in', '#2e7d32');
  await say(answer, words.slice(44));
  answer.end();
  await ada.replyEnded();
  await sleep(2000);
  recording = false;
  await frames;

  await page.locator('#caption').evaluate((label) => label.remove());
  await ada.say('How do I find the largest files in a folder?');
  const screenshots = await provider.asked();
  screenshots.say(SCREENSHOT);
  screenshots.end();
  await ada.replyEnded();
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    await sleep(500);
    await page.screenshot({ path: `${FRAMES}/../chat-${colorScheme}.png` });
  }
});
