import { accessToken, isFresh, refresh, sessionStore, type Session } from '../chat/session/session';
import { isStale, ownSessionStore, renewOwnSession } from './ownSession';

/** An access token, and the way to another one when the server refuses it. */
export interface Bearer {
  token: string;
  /** Another bearer, or nothing if there is none. */
  renewed: () => Promise<Bearer | undefined>;
}

/**
 * Who asks, unless the Headers editor says so: the user of this page's own session, else the chat page's. What expires within
 * the next seconds is refreshed first.
 */
export async function bearer(): Promise<Bearer | undefined> {
  const { session } = ownSessionStore.get();
  if (session && isStale(session)) await renewOwnSession(session.accessToken);
  const own = ownSessionStore.get().session?.accessToken;
  if (own) return bearerOf(own, renewOwnSession);

  await known();
  if (sessionStore.get().status === 'signedIn' && !isFresh()) await refresh().catch(() => undefined);
  const chat = accessToken();
  return chat === undefined ? undefined : bearerOf(chat, refresh);
}

function bearerOf(token: string, renew: (stale: string) => Promise<void>): Bearer {
  return {
    token,
    async renewed() {
      // Without a network there is no other.
      await renew(token).catch(() => undefined);
      const next = await bearer();
      return next?.token === token ? undefined : next;
    },
  };
}

/** Waits until it is known who is signed in on the chat page, or that it cannot be known now. */
function known(): Promise<void> {
  const settled = (session: Session) => session.status !== 'restoring' || session.trouble !== undefined;
  if (settled(sessionStore.get())) return Promise.resolve();
  return new Promise((resolve) => {
    const leave = sessionStore.subscribe(() => {
      if (!settled(sessionStore.get())) return;
      leave();
      resolve();
    });
  });
}
