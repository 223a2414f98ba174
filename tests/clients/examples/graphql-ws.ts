import { createClient, type Client } from 'graphql-ws';
import { pause } from './pause.ts';
import { resuming } from './resuming.ts';
import type { Session } from './session.ts';

export function socketClient(session: Session): Client {
  let refused = false;
  const client = createClient({
    url: session.url.replace(/^http/, 'ws'),
    connectionParams: async () => ({
      authorization: `Bearer ${refused ? await session.refresh() : await session.accessToken()}`,
    }),
    retryAttempts: Infinity,
    retryWait: pause,
    shouldRetry: () => true,
    keepAlive: 10_000, // detects a connection that is dead but was never closed
    on: {
      connected: () => (refused = false),
      closed: (event) => (refused = (event as CloseEvent).code === 4403), // the token has expired, or was refused
    },
  });
  return resuming(client);
}
