import { accessToken, isFresh, refresh, sessionStore, type Session } from '../chat/session/session';
import { isStale, ownSessionStore, renewOwnSession } from './ownSession';

/** An access token, and how to replace it when the server refuses it. */
export interface Bearer {
  token: string;
  /** Returns another bearer, or `undefined` if there is none. */
  renewed: () => Promise<Bearer | undefined>;
}

/**
 * Returns the token to send if the Headers editor has none: that of this page's own session, else that of the chat page.
 * A token that expires within seconds is refreshed first.
 */
export async function bearer(): Promise<Bearer | undefined> {
  const { session } = ownSessionStore.get();
  if (session && isStale(session)) await renewOwnSession(session.accessToken);
  const own = ownSessionStore.get().session?.accessToken;
  if (own) return bearerOf(own, renewOwnSession);

  await chatSessionKnown();
  if (sessionStore.get().status === 'signedIn' && !isFresh()) await refresh().catch(() => undefined);
  const chat = accessToken();
  return chat === undefined ? undefined : bearerOf(chat, refresh);
}

function bearerOf(token: string, renew: (stale: string) => Promise<void>): Bearer {
  return {
    token,
    async renewed() {
      // Without a network there is no other token.
      await renew(token).catch(() => undefined);
      const next = await bearer();
      return next?.token === token ? undefined : next;
    },
  };
}

/** Waits until the chat page's session is known, or cannot be determined. */
function chatSessionKnown(): Promise<void> {
  const settled = (session: Session) => session.status !== 'restoring' || session.problem !== undefined;
  if (settled(sessionStore.get())) return Promise.resolve();
  return new Promise((resolve) => {
    const leave = sessionStore.subscribe(() => {
      if (!settled(sessionStore.get())) return;
      leave();
      resolve();
    });
  });
}
