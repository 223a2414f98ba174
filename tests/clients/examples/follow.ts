import { FOLLOW_REPLY, textAfter, type ReplyEvent } from './operations.ts';

/** The interface that the clients of graphql-ws and graphql-sse have in common. */
export interface SubscribeClient {
  subscribe(request: { query: string; variables?: Record<string, unknown> }, sink: Sink): () => void;
}

interface Sink {
  next(result: { data?: any; errors?: readonly unknown[] }): void;
  error(error: unknown): void;
  complete(): void;
}

/** Follows a reply to its end. `onText` gets the text so far. */
export function followReply(client: SubscribeClient, messageId: string, onText: (text: string) => void) {
  let text = '';
  return new Promise<ReplyEvent>((resolve, reject) => {
    client.subscribe({ query: FOLLOW_REPLY, variables: { messageId } }, {
      next({ data, errors }) {
        if (!data) return reject(errors);
        onText((text = textAfter(text, data.reply)));
        if (data.reply.message) resolve(data.reply);
      },
      error: reject,
      complete() {},
    });
  });
}

/** Sends a query or a mutation the same way. */
export function ask(client: SubscribeClient, query: string, variables?: Record<string, unknown>) {
  return new Promise<any>((resolve, reject) => {
    const next: Sink['next'] = ({ data, errors }) => (errors ? reject(errors) : resolve(data));
    client.subscribe({ query, variables }, { next, error: reject, complete() {} });
  });
}
