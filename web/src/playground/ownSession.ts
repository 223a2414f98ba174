import { createStore, isRecord } from '../store';
import { post } from './post';

/**
 * The session of the last `register`, `logIn` or `refreshSession` that was run on this page. It lasts as long as the
 * browser tab, and the chat page does not use it.
 */
interface OwnSession {
  accessToken: string;
  /** Present if the operation selected it. Then the session can be refreshed. */
  refreshToken?: string;
  /** Time until which the token is sent, in milliseconds by this device's clock. Present if `expiresIn` was selected. */
  freshUntil?: number;
  /** Present if the operation selected it. */
  email?: string;
}

interface State {
  session?: OwnSession;
  /** True if the server has ended the session. */
  ended?: boolean;
}

const KEY = 'confab:playground:session';

/** Time before its expiry from which an access token is not sent, in milliseconds. */
const MARGIN = 5_000;

export const ownSessionStore = createStore<State>({ session: restored() });

/** Starts a session if a top-level field of the result has an access token. */
export function recordSession(data: unknown): void {
  if (!isRecord(data)) return;
  for (const payload of Object.values(data)) {
    if (!isRecord(payload) || typeof payload.accessToken !== 'string') continue;
    const { accessToken, refreshToken, expiresIn, user } = payload;
    const life = typeof expiresIn === 'number' ? expiresIn * 1000 : undefined;
    keep({
      accessToken,
      refreshToken: typeof refreshToken === 'string' && refreshToken ? refreshToken : undefined,
      freshUntil: life && Date.now() + life - Math.min(MARGIN, life / 20),
      email: isRecord(user) && typeof user.email === 'string' ? user.email : undefined,
    });
  }
}

let refreshing: Promise<void> | undefined;

/** Replaces the access token `stale`. Concurrent calls share one request. Without a refresh token, the session ends. */
export function renewOwnSession(stale: string): Promise<void> {
  const { session } = ownSessionStore.get();
  if (session?.accessToken !== stale) return Promise.resolve();
  refreshing ??= renew(session).finally(() => (refreshing = undefined));
  return refreshing;
}

const REFRESH = `mutation Refresh($refreshToken: String!) {
  refreshSession(input: { refreshToken: $refreshToken }) { accessToken refreshToken expiresIn user { email } }
}`;

async function renew({ refreshToken }: OwnSession): Promise<void> {
  const result = refreshToken ? await post({ query: REFRESH, variables: { refreshToken } }) : undefined;
  if (result?.data) recordSession(result.data);
  // A server that cannot be reached has not ended the session.
  else if (!result || result.errors?.some(({ extensions }) => extensions?.code)) forgetOwnSession(true);
}

const LOG_OUT = `mutation LogOut($refreshToken: String!) {
  logOut(input: { refreshToken: $refreshToken }) { loggedOut }
}`;

/** Ends the session, here and on the server. */
export async function logOutHere(): Promise<void> {
  const refreshToken = ownSessionStore.get().session?.refreshToken;
  forgetOwnSession();
  if (refreshToken) await post({ query: LOG_OUT, variables: { refreshToken } });
}

export function forgetOwnSession(ended = false): void {
  sessionStorage.removeItem(KEY);
  ownSessionStore.set({ ended });
}

export function isStale({ freshUntil }: OwnSession): boolean {
  return freshUntil !== undefined && freshUntil <= Date.now();
}

function keep(session: OwnSession): void {
  sessionStorage.setItem(KEY, JSON.stringify(session));
  ownSessionStore.set({ session });
}

function restored(): OwnSession | undefined {
  try {
    const kept: unknown = JSON.parse(sessionStorage.getItem(KEY) ?? 'null');
    return isRecord(kept) && typeof kept.accessToken === 'string' ? (kept as unknown as OwnSession) : undefined;
  } catch {
    return undefined;
  }
}
