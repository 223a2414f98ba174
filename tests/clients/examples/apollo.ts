import { ApolloClient, ApolloLink, CombinedGraphQLErrors, gql, HttpLink, InMemoryCache } from '@apollo/client';
import { SetContextLink } from '@apollo/client/link/context';
import { ErrorLink } from '@apollo/client/link/error';
import { relayStylePagination } from '@apollo/client/utilities';
import { print } from 'graphql';
import { from, mergeMap, Observable } from 'rxjs';
import possibleTypes from './__generated__/possible-types.json' with { type: 'json' };
import type { SubscribeClient } from './follow.ts';
import { FOLLOW_REPLY, MESSAGES, textAfter, type ReplyEvent } from './operations.ts';
import type { Session } from './session.ts';

/** `subscriptions` is Apollo's `GraphQLWsLink` around the client of graphql-ws, or a `StreamLink` around graphql-sse's. */
export function apolloClient(session: Session, subscriptions: ApolloLink): ApolloClient {
  const authorize = new SetContextLink(async ({ headers }) => ({
    headers: { ...headers, authorization: `Bearer ${await session.accessToken()}` },
  }));
  const refresh = new ErrorLink(({ error, operation, forward }) => {
    if (!CombinedGraphQLErrors.is(error)) return;
    if (!error.errors.some(({ extensions }) => extensions?.code === 'UNAUTHENTICATED')) return;
    return from(session.refresh()).pipe(mergeMap(() => forward(operation)));
  });
  const http = ApolloLink.from([authorize, new HttpLink({ uri: session.url })]);
  const transport = ApolloLink.split(({ operationType }) => operationType === 'subscription', subscriptions, http);
  return new ApolloClient({
    link: ApolloLink.from([refresh, transport]),
    cache: new InMemoryCache({
      possibleTypes,
      typePolicies: {
        Subscription: { fields: { reply: { merge: false } } },
        User: { fields: { conversations: relayStylePagination() } },
        Conversation: { fields: { messages: relayStylePagination() } },
      },
    }),
  });
}

/** Carries operations by a client of graphql-sse. */
export class StreamLink extends ApolloLink {
  constructor(readonly client: SubscribeClient) {
    super();
  }

  override request({ query, variables }: ApolloLink.Operation) {
    return new Observable<ApolloLink.Result>((sink) => this.client.subscribe({ query: print(query), variables }, sink as any));
  }
}

/** Loads all pages. The cache joins them, so that a watched query has everything loaded so far. */
export async function allMessages(client: ApolloClient, conversationId: string, first: number) {
  const list = { query: gql(MESSAGES), variables: { conversationId, first } };
  const watched = client.watchQuery<any>(list);
  let { data } = await client.query<any>(list);
  while (data.conversation.messages.pageInfo.hasNextPage) {
    const after = data.conversation.messages.pageInfo.endCursor;
    ({ data } = await watched.fetchMore({ variables: { after } }));
  }
  return client.readQuery<any>(list).conversation.messages.edges.map(({ node }: any) => node);
}

export function followReply(client: ApolloClient, messageId: string, onText: (text: string) => void) {
  let text = '';
  return new Promise<ReplyEvent>((resolve, reject) => {
    client.subscribe<any>({ query: gql(FOLLOW_REPLY), variables: { messageId } }).subscribe(({ data, error }) => {
      if (error) return reject(error);
      onText((text = textAfter(text, data.reply)));
      if (data.reply.message) resolve(data.reply);
    });
  });
}
