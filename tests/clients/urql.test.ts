import { Client, fetchExchange } from '@urql/core';
import { authExchange } from '@urql/exchange-auth';
import { expect, test } from 'vitest';
import { allMessages, followReply, urqlClient } from './examples/urql.ts';
import { Server } from './support/server.ts';
import { suite } from './support/suite.ts';

suite('urql', ['WebSocket', 'SSE'], (session, transport) => {
  const client = urqlClient(session, transport);
  const data = ({ data, error }: { data?: any; error?: Error }) => {
    if (error) throw error;
    return data;
  };
  return {
    query: async (document, variables = {}) => data(await client.query(document, variables)),
    mutate: async (document, variables) => data(await client.mutation(document, variables)),
    allMessages: (id, first) => allMessages(client, id, first),
    followReply: (id, onText) => followReply(client, id, onText),
  };
});

test("urql's own mutation refreshes the session, although it carries the expired token", async () => {
  const server = await Server.start();
  try {
    let tokens = await server.register();
    tokens.accessToken = Server.expiringAfter(-3600, tokens.accessToken);
    const client = new Client({
      url: server.url,
      preferGetMethod: false,
      exchanges: [
        authExchange(async ({ appendHeaders, mutate }) => ({
          addAuthToOperation: (operation) => appendHeaders(operation, { authorization: `Bearer ${tokens.accessToken}` }),
          didAuthError: (error) => error.graphQLErrors.some(({ extensions }) => extensions.code === 'UNAUTHENTICATED'),
          async refreshAuth() {
            const { data } = await mutate(REFRESH, { refreshToken: tokens.refreshToken });
            if (data) tokens = data.refreshSession;
          },
        })),
        fetchExchange,
      ],
    });
    const { data, error } = await client.query('{ me { sessions { current } } }', {});
    expect(error).toBeUndefined();
    expect(data.me.sessions).toEqual([{ current: true }]);
  } finally {
    await server.close();
  }
});

const REFRESH = `mutation ($refreshToken: String!) {
  refreshSession(input: { refreshToken: $refreshToken }) { accessToken refreshToken expiresIn }
}`;
