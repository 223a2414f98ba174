import { afterAll, beforeAll, describe, expect, onTestFailed, test } from 'vitest';
import type { SubscribeClient } from '../examples/follow.ts';
import { streamClient } from '../examples/graphql-sse.ts';
import { socketClient } from '../examples/graphql-ws.ts';
import { Session } from '../examples/session.ts';
import { Line } from './line.ts';
import { Provider, type Answer } from '../../page/support/provider.ts';
import { recording } from './recording.ts';
import { Server } from './server.ts';
import type { Views } from './views.ts';

// The components render whenever the server sends something. The tests wait for what they show, not for `act`.
(globalThis as { IS_REACT_ACT_ENVIRONMENT?: boolean }).IS_REACT_ACT_ENVIRONMENT = false;

/** A chat that an adapter shows. */
export interface Chat {
  views: Views<View>;
  send(text: string): void;
  edit(index: number, text: string): void;
  regenerate(): void;
  stop(): void;
  /** Shows another version of a message. */
  select(index: number, version: number): void;
  /** Unmounts the component, as a reload of the page does. */
  unmount(): void;
}

/** What the component shows. */
export interface View {
  state: 'ready' | 'running' | 'error';
  error?: string;
  messages: { text: string; reasoning: string; sources: string[]; versions: number }[];
}

/** Mounts a component that shows a conversation. */
export type Mount = (client: SubscribeClient, conversationId: string) => Promise<Chat>;

interface Scene {
  line: Line;
  /** Opens the conversation as a page does after it was loaded. Pages share nothing. */
  open(): Promise<Page>;
  /** Returns the texts that the server has stored. */
  stored(): Promise<string[]>;
}

interface Page extends Chat {
  /** The events of replies that the page has received. */
  events: { __typename: string; cursor: string }[];
  close(): Promise<void>;
}

const WORDS = Array.from({ length: 100 }, (_, index) => `word${index} `);
const TEXT = WORDS.join('');

/** Defines the tests that every adapter for a chat library must pass. */
export function chatSuite(name: string, mount: Mount): void {
  describe(name, () => {
    let provider: Provider;
    let server: Server;
    beforeAll(async () => {
      provider = await Provider.start();
      server = await Server.start({ ...provider.settings, CONFAB_LEASE: '3' });
    });
    afterAll(async () => {
      await server?.close();
      await provider?.close();
    });

    async function play(via: string, steps: (scene: Scene) => Promise<void>): Promise<void> {
      onTestFailed(() => console.error(server.log.replaceAll(/^.* INFO .*\n/gm, '')));
      const line = await Line.open(server.port);
      const { accessToken } = await server.register();
      const { createConversation } = await server.ask(CREATE, {}, accessToken);
      const { id } = createConversation.conversation;
      const pages: Page[] = [];
      const open = async () => {
        const session = new Session(line.url, { accessToken, refreshToken: '', expiresIn: 900 });
        const transport = via === 'SSE' ? streamClient(session) : socketClient(session);
        const events: Page['events'] = [];
        const chat = await mount(recording(transport, events), id);
        const close = async () => {
          chat.unmount();
          await transport.dispose();
        };
        const page = { ...chat, events, close };
        pages.push(page);
        return page;
      };
      const stored = async () => {
        const { conversation } = await server.ask(STORED, { id }, accessToken);
        return conversation.messages.nodes.map(({ content }: { content: string }) => content);
      };
      try {
        await steps({ line, open, stored });
      } finally {
        for (const page of pages) await page.close();
        await line.close();
      }
    }

    /** Sends a message, and returns the model's answer to it. */
    async function ask(page: Page, text: string): Promise<Answer> {
      page.send(text);
      return provider.asked();
    }

    for (const via of ['WebSocket', 'SSE']) {
      describe(`over ${via}`, () => {
        test('shows the reply with its reasoning and its sources', () =>
          play(via, async ({ open, stored }) => {
            const page = await open();
            const answer = await ask(page, 'Where?');
            answer.reason('Let me see.');
            await page.views.until(({ messages }) => messages[1]?.reasoning === 'Let me see.');
            answer.say('Here, ');
            await page.views.until(({ messages }) => messages[1]?.text === 'Here, ');
            answer.cite('https://example.com/map', 'A map');
            answer.end('of course.');
            const { messages } = await page.views.until(({ state }) => state === 'ready');
            const reply = { text: 'Here, of course.', reasoning: 'Let me see.', sources: ['https://example.com/map'], versions: 1 };
            expect(messages).toEqual([{ text: 'Where?', reasoning: '', sources: [], versions: 1 }, reply]);
            expect(await stored()).toEqual(['Where?', 'Here, of course.']);
            expect((await (await open()).views.until(({ messages }) => messages.length === 2)).messages).toEqual(messages);
          }));

        test('resumes when the connection is lost', () =>
          play(via, async ({ line, open }) => {
            const page = await open();
            const answer = await ask(page, 'Count.');
            answer.say(WORDS.slice(0, 50).join(''));
            await page.views.until(({ messages }) => messages[1]?.text.includes(WORDS[49]!) ?? false);
            line.dropConnections();
            answer.end(WORDS.slice(50).join(''));
            const { messages } = await page.views.until(({ state }) => state === 'ready');
            expect(messages[1]!.text).toBe(TEXT);
            expectPrefixes(page);
            expect(page.events.filter(({ __typename }) => __typename === 'ReplySnapshot')).toHaveLength(1);
          }));

        for (const percent of [10, 50, 99]) {
          test(`shows every word once when the page is reloaded at ${percent} % of a reply`, () =>
            play(via, async ({ open, stored }) => {
              const first = await open();
              const answer = await ask(first, 'Count.');
              answer.say(WORDS.slice(0, percent).join(''));
              await first.views.until(({ messages }) => messages[1]?.text.includes(WORDS[percent - 1]!) ?? false);
              await first.close();
              const second = await open();
              await second.views.until(({ messages }) => messages[1]?.text.includes(WORDS[percent - 1]!) ?? false);
              answer.end(WORDS.slice(percent).join(''));
              const { messages } = await second.views.until(({ state, messages }) => state === 'ready' && messages.length === 2);
              expect(messages.map(({ text }) => text)).toEqual(['Count.', TEXT]);
              expect(await stored()).toEqual(['Count.', TEXT]);
              for (const page of [first, second]) expectPrefixes(page);
            }));
        }

        test('shows a reply that ended while the page was reloaded', () =>
          play(via, async ({ open }) => {
            const first = await open();
            const other = await open();
            const answer = await ask(first, 'Count.');
            answer.say(WORDS[0]!);
            await first.views.until(({ messages }) => messages[1]?.text === WORDS[0]);
            await first.close();
            answer.end(WORDS.slice(1).join(''));
            await other.close();
            const second = await open();
            const { messages } = await second.views.until(({ state, messages }) => state === 'ready' && messages.length === 2);
            expect(messages[1]!.text).toBe(TEXT);
          }));

        for (const reload of [false, true]) {
          const how = reload ? 'when the page is reloaded during the take-over' : 'in the same page';
          test(`continues a reply that another instance takes over, ${how}`, () =>
            play(via, async ({ line, open, stored }) => {
              let page = await open();
              const killed = await ask(page, 'Count.');
              killed.say(WORDS.slice(0, 50).join(''));
              await page.views.until(({ messages }) => messages[1]?.text.includes(WORDS[49]!) ?? false);
              if (reload) await page.close();
              await server.kill();
              await server.start();
              line.port = server.port;
              if (reload) page = await open();
              const answer = await provider.asked();
              // The other instance asks the model again, which says something else.
              answer.say('Once ');
              await page.views.until(({ messages }) => messages[1]?.text === 'Once ');
              answer.end('more.');
              const { messages } = await page.views.until(({ state }) => state === 'ready');
              expect(messages.map(({ text }) => text)).toEqual(['Count.', 'Once more.']);
              expect(await stored()).toEqual(['Count.', 'Once more.']);
            }));
        }

        test('stops a reply, and keeps its text', () =>
          play(via, async ({ open, stored }) => {
            const page = await open();
            const answer = await ask(page, 'Count.');
            answer.say('One, ');
            await page.views.until(({ messages }) => messages[1]?.text === 'One, ');
            page.stop();
            const { messages } = await page.views.until(({ state }) => state === 'ready');
            expect(messages.map(({ text }) => text)).toEqual(await stored());
          }));

        test('leaving the page does not stop a reply', () =>
          play(via, async ({ open }) => {
            const first = await open();
            const answer = await ask(first, 'Count.');
            answer.say('One, ');
            await first.views.until(({ messages }) => messages[1]?.text === 'One, ');
            await first.close();
            const second = await open();
            await second.views.until(({ state }) => state === 'running');
            answer.end('two.');
            await second.views.until(({ state, messages }) => state === 'ready' && messages[1]?.text === 'One, two.');
          }));

        test('regenerates a reply, edits a message, and shows the other branches', () =>
          play(via, async ({ open, stored }) => {
            const page = await open();
            const shows = (...texts: string[]) =>
              page.views.until(({ state, messages }) => state === 'ready' && `${messages.map(({ text }) => text)}` === `${texts}`);
            (await ask(page, 'Hello')).end('first');
            await shows('Hello', 'first');
            page.regenerate();
            (await provider.asked()).end('second');
            await shows('Hello', 'second');
            await page.views.until(({ messages }) => messages[1]!.versions === 2);
            page.select(1, 0);
            await shows('Hello', 'first');
            expect(await stored()).toEqual(['Hello', 'first']);

            page.edit(0, 'Goodbye');
            (await provider.asked()).end('third');
            await shows('Goodbye', 'third');
            await page.views.until(({ messages }) => messages[0]!.versions === 2);
            page.select(0, 0);
            await shows('Hello', 'first');
            expect(await stored()).toEqual(['Hello', 'first']);
          }));

        test('shows why a message was not stored, and sends another one', () =>
          play(via, async ({ open, stored }) => {
            const page = await open();
            page.send('x'.repeat(40_000));
            const { error } = await page.views.until((view) => view.error !== undefined);
            expect(error).toContain('content');
            (await ask(page, 'Hello')).end('Hello!');
            await page.views.until(({ state, messages }) => state === 'ready' && messages.at(-1)?.text === 'Hello!');
            expect(await stored()).toEqual(['Hello', 'Hello!']);
          }));

        test("shows the provider's error, and tries again", () =>
          play(via, async ({ open, stored }) => {
            const page = await open();
            (await ask(page, 'Hello')).refuse(400, 'The model is asleep.');
            const { error } = await page.views.until(({ state }) => state === 'error');
            expect(error).toBe("The model's provider rejected the request (HTTP 400).");
            const again = await open();
            await again.views.until((view) => view.error === error);
            await again.close();
            page.regenerate();
            (await provider.asked()).end('Hello!');
            await page.views.until(({ state, messages }) => state === 'ready' && messages[1]?.text === 'Hello!');
            expect(await stored()).toEqual(['Hello', 'Hello!']);
          }));
      });
    }
  });
}

const CREATE = 'mutation { createConversation(input: {}) { conversation { id } } }';
const STORED = 'query ($id: ID!) { conversation(id: $id) { messages(first: 100) { nodes { content } } } }';

/** Checks that the page has never shown a word twice or in the wrong place. */
function expectPrefixes({ views }: Page): void {
  for (const { messages } of views.all) expect(TEXT.startsWith(messages[1]?.text ?? '')).toBe(true);
}
