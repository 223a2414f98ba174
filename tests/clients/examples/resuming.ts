/** Makes a client of graphql-ws or graphql-sse resume after the last received cursor when it reconnects. */
export function resuming<C extends SubscribeClient>(client: C): C {
  const subscribe: SubscribeClient['subscribe'] = (request, sink, ...rest) => {
    let after = request.variables?.after;
    // The client serializes the request again for each connection, and so reads the variables again.
    const resumable = { ...request, get variables() { return { ...request.variables, after }; } };
    const next = (result: any) => {
      for (const field of Object.values<any>(result.data ?? {})) after = field?.cursor ?? after;
      sink.next(result);
    };
    return client.subscribe(resumable, { next, error: (error: unknown) => sink.error(error), complete: () => sink.complete() }, ...rest);
  };
  return { ...client, subscribe };
}

interface SubscribeClient {
  subscribe(request: any, sink: any, ...rest: any[]): () => void;
}
