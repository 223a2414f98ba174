import { createClient as createStreamClient } from 'graphql-sse';
import { CloseCode, createClient as createSocketClient } from 'graphql-ws';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ask, followReply, type SubscribeClient } from './examples/follow.ts';
import { MESSAGES } from './examples/operations.ts';
import { Server } from './support/server.ts';
import { suite, type Subject } from './support/suite.ts';

/** Adapts a client of a transport, which has neither a cache nor a helper for pages. */
function plain(client: SubscribeClient): Subject {
  return {
    query: (document, variables) => ask(client, document, variables),
    mutate: (document, variables) => ask(client, document, variables),
    async allMessages(conversationId, first) {
      const all = [];
      for (let after: string | undefined; ; ) {
        const { edges, pageInfo } = (await ask(client, MESSAGES, { conversationId, first, after })).conversation.messages;
        all.push(...edges.map(({ node }: any) => node));
        if (!pageInfo.hasNextPage) return all;
        after = pageInfo.endCursor;
      }
    },
    followReply: (id, onText) => followReply(client, id, onText),
  };
}

suite('graphql-ws', ['WebSocket'], (_session, client) => plain(client));
suite('graphql-sse', ['SSE'], (_session, client) => plain(client));

describe('with default settings', () => {
  let server: Server;
  beforeAll(async () => void (server = await Server.start()));
  afterAll(() => server?.close());

  test('graphql-ws closes its connection normally', async () => {
    const client = createSocketClient({ url: server.url.replace(/^http/, 'ws'), lazy: false, retryAttempts: 0 });
    await new Promise((resolve) => client.on('connected', resolve));
    const closed = new Promise<CloseEvent>((resolve) => client.on('closed', (event) => resolve(event as CloseEvent)));
    client.dispose();
    const { code, wasClean } = await closed;
    expect({ code, wasClean }).toEqual({ code: 1000, wasClean: true });
  });

  test('a refused token closes the connection of graphql-ws with the code Forbidden', async () => {
    const connectionParams = { authorization: 'Bearer nonsense' };
    const client = createSocketClient({ url: server.url.replace(/^http/, 'ws'), connectionParams, retryAttempts: 0 });
    await expect(ask(client, '{ me { id } }')).rejects.toMatchObject({ code: CloseCode.Forbidden });
  });

  for (const [name, document, code] of [
    ['a document that cannot be parsed', '{ me {', 'GRAPHQL_PARSE_FAILED'],
    ['a document that is not valid', '{ nothing }', 'GRAPHQL_VALIDATION_FAILED'],
  ] as const) {
    test(`graphql-ws and graphql-sse report ${name} as an error of the operation`, async () => {
      const socket = createSocketClient({ url: server.url.replace(/^http/, 'ws'), retryAttempts: 0 });
      const stream = createStreamClient({ url: server.url, retryAttempts: 0 });
      for (const client of [socket, stream]) {
        await expect(ask(client, document)).rejects.toMatchObject([{ extensions: { code } }]);
      }
      await socket.dispose();
    });
  }
});
