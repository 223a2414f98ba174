import { afterAll, beforeAll, describe, expect, onTestFailed, test } from 'vitest';
import type { SubscribeClient } from '../examples/follow.ts';
import { streamClient } from '../examples/graphql-sse.ts';
import { socketClient } from '../examples/graphql-ws.ts';
import type { ReplyEvent } from '../examples/operations.ts';
import { Session, type Tokens } from '../examples/session.ts';
import { Line } from './line.ts';
import { Model } from './model.ts';
import { recording } from './recording.ts';
import { Server } from './server.ts';

/** A client under test, as one of the examples creates it. */
export interface Subject {
  query(document: string, variables?: Record<string, unknown>): Promise<any>;
  mutate(document: string, variables: Record<string, unknown>): Promise<any>;
  allMessages(conversationId: string, first: number): Promise<{ id: string }[]>;
  followReply(messageId: string, onText: (text: string) => void): Promise<ReplyEvent>;
  close?(): void;
}

export type Transport = 'WebSocket' | 'SSE';

/** Everything that a test uses. */
interface Scene {
  subject: Subject;
  /** The network between the client and the server. */
  line: Line;
  session: Session;
  /** The events of replies that the client's transport has received. */
  events: ReplyEvent[];
}

const SEND = `mutation Send($input: SendMessageInput!) { sendMessage(input: $input) { conversation { id } reply { id } } }`;

/** Defines the tests that every client must pass, over each of its transports. */
export function suite(
  name: string,
  transports: Transport[],
  subjectOf: (session: Session, transport: SubscribeClient, via: Transport) => Subject,
): void {
  describe(name, () => {
    let model: Model;
    let server: Server;
    /** A server whose access tokens expire soon. */
    let strict: Server;
    beforeAll(async () => {
      model = await Model.start();
      [server, strict] = await Promise.all([
        Server.start(model.settings),
        Server.start({ ...model.settings, CONFAB_ACCESS_TOKEN_TTL: '2' }),
      ]);
    });
    afterAll(async () => {
      await Promise.all([server?.close(), strict?.close()]);
      await model?.close();
    });

    async function play(server: Server, via: Transport, change: (tokens: Tokens) => Tokens, steps: (scene: Scene) => Promise<void>) {
      onTestFailed(() => console.error(server.log.replaceAll(/^.* INFO .*\n/gm, '')));
      const line = await Line.open(server.port);
      const tokens = await server.register();
      const session = new Session(line.url, change(tokens));
      const transport = via === 'SSE' ? streamClient(session) : socketClient(session);
      const events: ReplyEvent[] = [];
      const subject = subjectOf(session, recording(transport, events), via);
      try {
        await steps({ subject, line, session, events });
      } finally {
        subject.close?.();
        await transport.dispose();
        await line.close();
      }
    }
    const valid = (tokens: Tokens) => tokens;
    /** Replaces the access token with an expired one. By the client's clock, it is still valid. */
    const expired = (tokens: Tokens) => ({ ...tokens, accessToken: Server.expiringAfter(-3600, tokens.accessToken) });

    for (const via of transports) {
      describe(`over ${via}`, () => {
        test('queries the authenticated user', () =>
          play(server, via, valid, async ({ subject, session }) => {
            const { me } = await server.ask('{ me { id } }', {}, await session.accessToken());
            expect((await subject.query('query Who { me { id } }')).me).toMatchObject(me);
          }));

        test('loads all pages of a list', () =>
          play(server, via, valid, async ({ subject, session }) => {
            const token = await session.accessToken();
            const send = async (content: string, conversationId?: string) =>
              (await server.ask(SEND, { input: { content, conversationId } }, token)).sendMessage.conversation;
            const { id } = await send('one');
            for (const content of ['two', 'three', 'four', 'five']) await send(content, id);
            const query = 'query ($id: ID!) { conversation(id: $id) { messages(first: 100) { nodes { id } } } }';
            const { nodes } = (await server.ask(query, { id }, token)).conversation.messages;
            expect(nodes).toHaveLength(10);
            const loaded = await subject.allMessages(id, 4);
            expect(loaded.map(({ id }) => id)).toEqual(nodes.map(({ id }: { id: string }) => id));
          }));

        test('sends a message and follows the reply', () =>
          play(server, via, valid, async ({ subject }) => {
            const { sendMessage } = await subject.mutate(SEND, { input: { content: 'one two three four' } });
            const texts: string[] = [];
            const { message } = await subject.followReply(sendMessage.reply.id, (text) => texts.push(text));
            expect(message).toMatchObject({ id: sendMessage.reply.id, status: 'COMPLETED', content: 'one two three four' });
            expect(texts.at(-1)).toBe(message!.content);
          }));

        test('resumes after the last cursor when the connection is lost', () =>
          play(server, via, valid, async ({ subject, line, session, events }) => {
            const { id, content, release } = await sendHeld(server, model, session);
            let cut = false;
            const texts: string[] = [];
            const followed = subject.followReply(id, (text) => {
              texts.push(text);
              // The model is held at this point, so the reply has not ended.
              if (!cut && text) line.dropConnections();
              cut ||= text !== '';
            });
            await Promise.race([line.resumed(id), followed]);
            release();
            expectResumed((await followed).message!, { id, content, line, events });
            expect(texts.at(-1)).toBe(content);
          }));

        test('resumes with a new token after the last cursor when the token expires', () =>
          play(strict, via, valid, async ({ subject, line, session, events }) => {
            const { id, content, release } = await sendHeld(strict, model, session);
            const texts: string[] = [];
            const followed = subject.followReply(id, (text) => texts.push(text));
            await Promise.race([line.resumed(id), followed]);
            release();
            expectResumed((await followed).message!, { id, content, line, events });
            expect(texts.at(-1)).toBe(content);
          }));

        test('refreshes a token that the server refuses', () =>
          play(server, via, expired, async ({ subject }) => {
            const documents = [1, 2, 3].map((n) => `query Who${n} { me { id sessions { id current } } }`);
            const answers = await Promise.all(documents.map((document) => subject.query(document)));
            for (const { me } of answers) expect(me.sessions).toMatchObject([{ current: true }]);
          }));

        test('refreshes a token that the server refuses, and follows a reply', () =>
          play(server, via, expired, async ({ subject, session }) => {
            const { id, content, release } = await sendHeld(server, model, session);
            release();
            expect((await subject.followReply(id, () => {})).message).toMatchObject({ status: 'COMPLETED', content });
          }));
      });
    }
  });
}

/** Sends a message whose reply is held after its first words. */
async function sendHeld(server: Server, model: Model, session: Session) {
  const content = `one two three four five six ${crypto.randomUUID()}`;
  const release = model.hold(content);
  const send = (token: string) => server.ask(SEND, { input: { content } }, token);
  // On a busy machine, a token that is valid for two seconds may have expired.
  const { sendMessage } = await send(await session.accessToken()).catch(async () => send(await session.refresh()));
  return { id: sendMessage.reply.id as string, content, release };
}

/**
 * Checks that the reply is complete, that the client resumed it after a cursor that it had received, and that the server
 * did not send the text from the start again. With a cursor other than the last one, a part of the text would be repeated.
 */
function expectResumed(
  message: { status: string; content: string },
  { id, content, line, events }: { id: string; content: string; line: Line; events: ReplyEvent[] },
): void {
  expect(message).toMatchObject({ status: 'COMPLETED', content });
  const cursors = events.map(({ cursor }) => cursor);
  const asked = line.subscriptions().filter(({ messageId, after }) => messageId === id && after);
  expect(asked).not.toHaveLength(0);
  for (const { after } of asked) expect(cursors).toContain(after);
  expect(events.filter(({ __typename }) => __typename === 'ReplySnapshot')).toHaveLength(1);
  expect(events.map(({ text }) => text ?? '').join('')).toBe(content);
}
