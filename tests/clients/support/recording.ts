import type { SubscribeClient } from '../examples/follow.ts';

/** Wraps a client so that the events of replies are recorded. */
export function recording<C extends SubscribeClient>(client: C, events: { __typename: string; cursor: string }[]): C {
  const subscribe: SubscribeClient['subscribe'] = (request, sink) =>
    client.subscribe(request, {
      next(result) {
        if (result.data?.reply) events.push(result.data.reply);
        sink.next(result);
      },
      error: (error) => sink.error(error),
      complete: () => sink.complete(),
    });
  return { ...client, subscribe };
}
