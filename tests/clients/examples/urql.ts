import { Client, fetchExchange, subscriptionExchange } from '@urql/core';
import { authExchange } from '@urql/exchange-auth';
import { cacheExchange } from '@urql/exchange-graphcache';
import { relayPagination } from '@urql/exchange-graphcache/extras';
import schema from './__generated__/introspection.json' with { type: 'json' };
import type { SubscribeClient } from './follow.ts';
import { FOLLOW_REPLY, MESSAGES, textAfter, type ReplyEvent } from './operations.ts';
import type { Session } from './session.ts';

const embedded = () => null;

/** `transport` is the client of graphql-ws or graphql-sse that carries the subscriptions. */
export function urqlClient(session: Session, transport: SubscribeClient): Client {
  return new Client({
    url: session.url,
    preferGetMethod: false,
    exchanges: [
      cacheExchange({
        schema,
        keys: { ReplySnapshot: embedded, ReplyDelta: embedded, ReplyFinished: embedded },
        resolvers: {
          User: { conversations: relayPagination() },
          Conversation: { messages: relayPagination() },
        },
      }),
      authExchange(async ({ appendHeaders }) => {
        let token = await session.accessToken();
        return {
          addAuthToOperation: (operation) => appendHeaders(operation, { authorization: `Bearer ${token}` }),
          didAuthError: (error) => error.graphQLErrors.some(({ extensions }) => extensions.code === 'UNAUTHENTICATED'),
          refreshAuth: async () => void (token = await session.refresh()),
        };
      }),
      fetchExchange,
      subscriptionExchange({
        forwardSubscription: ({ query, variables }) => ({
          subscribe: (sink) => ({ unsubscribe: transport.subscribe({ query: query!, variables }, sink as any) }),
        }),
      }),
    ],
  });
}

/** Loads all pages. The cache joins them, so that each result has everything loaded so far. */
export async function allMessages(client: Client, conversationId: string, first: number) {
  for (let after: string | undefined; ; ) {
    const result = await client.query<any>(MESSAGES, { conversationId, first, after });
    if (result.error) throw result.error;
    const { edges, pageInfo } = result.data.conversation.messages;
    if (!pageInfo.hasNextPage) return edges.map(({ node }: any) => node);
    after = pageInfo.endCursor;
  }
}

export function followReply(client: Client, messageId: string, onText: (text: string) => void) {
  let text = '';
  return new Promise<ReplyEvent>((resolve, reject) => {
    client.subscription(FOLLOW_REPLY, { messageId }).subscribe(({ data, error }) => {
      if (error) return reject(error);
      onText((text = textAfter(text, data.reply)));
      if (data.reply.message) resolve(data.reply);
    });
  });
}
