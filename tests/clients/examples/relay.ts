import { Environment, Network, Observable, RecordSource, requestSubscription, Store, graphql } from 'relay-runtime';
import type { FetchFunction, SubscribeFunction } from 'relay-runtime';
import type { relayFollowReplySubscription } from './__generated__/relayFollowReplySubscription.graphql.ts';
import type { SubscribeClient } from './follow.ts';
import { textAfter, type ReplyEvent } from './operations.ts';
import type { Session } from './session.ts';

/** `transport` is the client of graphql-ws or graphql-sse that carries the subscriptions. */
export function relayEnvironment(session: Session, transport: SubscribeClient): Environment {
  const fetchQuery: FetchFunction = async ({ text }, variables) => {
    const ask = async (token: string) => {
      const response = await fetch(session.url, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${token}`,
          'content-type': 'application/json',
          accept: 'application/graphql-response+json',
        },
        body: JSON.stringify({ query: text, variables }),
      });
      return response.json();
    };
    const result = await ask(await session.accessToken());
    const refused = result.errors?.some(({ extensions }: any) => extensions.code === 'UNAUTHENTICATED');
    return refused ? ask(await session.refresh()) : result;
  };
  const subscribe: SubscribeFunction = ({ text }, variables) =>
    Observable.create((sink) => transport.subscribe({ query: text!, variables }, sink as any));
  return new Environment({ network: Network.create(fetchQuery, subscribe), store: new Store(new RecordSource()) });
}

export function followReply(environment: Environment, messageId: string, onText: (text: string) => void) {
  let text = '';
  return new Promise<ReplyEvent>((resolve, reject) => {
    requestSubscription<relayFollowReplySubscription>(environment, {
      subscription: graphql`
        subscription relayFollowReplySubscription($messageId: ID!, $after: String) {
          reply(messageId: $messageId, after: $after) {
            __typename
            cursor
            ... on ReplySnapshot { text }
            ... on ReplyDelta { text }
            ... on ReplyFinished { message { id status content } }
          }
        }
      `,
      variables: { messageId },
      onError: reject,
      onNext(data) {
        const event = data!.reply as ReplyEvent;
        onText((text = textAfter(text, event)));
        if (event.message) resolve(event);
      },
    });
  });
}
