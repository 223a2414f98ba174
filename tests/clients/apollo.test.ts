import { gql } from '@apollo/client';
import { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import type { Client } from 'graphql-ws';
import { allMessages, apolloClient, followReply, StreamLink } from './examples/apollo.ts';
import { suite } from './support/suite.ts';

suite('Apollo Client', ['WebSocket', 'SSE'], (session, transport, via) => {
  const link = via === 'WebSocket' ? new GraphQLWsLink(transport as Client) : new StreamLink(transport);
  const client = apolloClient(session, link);
  return {
    query: async (document, variables) => (await client.query({ query: gql(document), variables })).data,
    mutate: async (document, variables) => (await client.mutate({ mutation: gql(document), variables })).data,
    allMessages: (id, first) => allMessages(client, id, first),
    followReply: (id, onText) => followReply(client, id, onText),
    close: () => client.stop(),
  };
});
