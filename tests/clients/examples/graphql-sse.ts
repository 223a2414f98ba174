import { createClient, type Client } from 'graphql-sse';
import { pause } from './pause.ts';
import { resuming } from './resuming.ts';
import type { Session } from './session.ts';

export function streamClient(session: Session): Client {
  const client = createClient({
    url: session.url,
    headers: async () => ({ authorization: `Bearer ${await session.accessToken()}` }),
    retryAttempts: Infinity,
    retry: pause,
    // The client tries again whatever the status is. A token that the server has refused is exchanged first.
    fetchFn: async (url: string, init: RequestInit) => {
      const response = await fetch(url, init);
      if (response.status === 401) await session.refresh();
      return response;
    },
  });
  return resuming(client);
}
