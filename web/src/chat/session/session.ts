import { createStore } from '../../store';
import { withTabLock } from '../tabLock';
import {
  LogInDocument,
  LogOutDocument,
  RefreshSessionDocument,
  RegisterDocument,
  type LogInInput,
  type RegisterInput,
  type TokensFragment,
} from '../graphql/generated';
import { toApiError } from '../graphql/apiError';
import { removeUserData } from '../deviceStorage';
import { pause } from '../pause';
import { requestTokens, isOriginError } from './tokens';

export type User = TokensFragment['user'];

/**
 * The session of the page. Unknown at first: the refresh token is in a cookie that no script can read, so the page asks
 * the server.
 *
 *     restoring ─▶ signedIn ◀─▶ signedOut
 */
export type Session =
  | { status: 'restoring'; problem?: 'unreachable' | 'refusedOrigin' }
  | { status: 'signedIn'; user: User }
  | { status: 'signedOut'; ended?: boolean; deleted?: boolean };

export const sessionStore = createStore<Session>({ status: 'restoring' });

/** An access token. It is held in memory only, here and in the other tabs. */
interface Access {
  token: string;
  /** Time until which it is sent, shortly before it expires, in milliseconds by this device's clock. */
  freshUntil: number;
  user: User;
}

let access: Access | undefined;

/** Maximum time between the last use of a token and its expiry, in milliseconds. */
const MARGIN = 5_000;

export function accessToken(): string | undefined {
  return access?.token;
}

export function isFresh(): boolean {
  return access !== undefined && access.freshUntil > Date.now();
}

/** Called when another user has signed in in another tab. */
let reloadForOtherUser = () => location.assign('/');

/** Replaces that reaction, for a page other than the chat page. */
export function onOtherUser(task: () => void): void {
  reloadForOtherUser = task;
}

type TabMessage = { tokens: Access } | { user: User } | { signedOut: true; deleted?: boolean };

/** Channel to the other tabs of this browser. */
const tabs = typeof BroadcastChannel === 'undefined' ? undefined : new BroadcastChannel('confab:session');

tabs?.addEventListener('message', ({ data }: MessageEvent<TabMessage>) => {
  if ('tokens' in data) adoptTokens(data.tokens);
  else if ('user' in data) updateUser(data.user);
  else signOut(data);
});

let refreshing: Promise<void> | undefined;

/**
 * Gets an access token other than `stale`. Concurrent calls share one request, across all tabs. Throws if the server
 * cannot be reached. Signs out if the session has ended.
 */
export function refresh(stale: string | undefined = access?.token): Promise<void> {
  if (sessionStore.get().status === 'signedOut') return Promise.resolve();
  refreshing ??= withTabLock('confab:refresh', async () => {
    // Another tab may have refreshed already.
    if (isFresh() && access?.token !== stale) return;
    try {
      const { refreshSession } = await requestTokens(RefreshSessionDocument, {});
      // A user who has signed out meanwhile, in any tab, stays signed out.
      if (sessionStore.get().status !== 'signedOut') accept(refreshSession);
    } catch (error) {
      if (toApiError(error).code !== 'UNAUTHENTICATED') throw error;
      // A user who has signed out or is deleting the account knows the reason.
      if (!deleting && sessionStore.get().status !== 'signedOut') endSession({ ended: access !== undefined });
    }
  }).finally(() => (refreshing = undefined));
  return refreshing;
}

/** Finds out who is signed in, and retries until the server can be reached. */
export async function restore(): Promise<void> {
  for (let attempt = 0; sessionStore.get().status === 'restoring'; attempt++) {
    try {
      await refresh();
    } catch (error) {
      const problem = isOriginError(error) ? 'refusedOrigin' : 'unreachable';
      // Another tab may have sent the session.
      if (sessionStore.get().status === 'restoring') sessionStore.set({ status: 'restoring', problem });
      await pause(attempt);
    }
  }
}

export async function register(input: RegisterInput): Promise<void> {
  accept((await requestTokens(RegisterDocument, { input })).register);
}

export async function logIn(input: LogInInput): Promise<void> {
  accept((await requestTokens(LogInDocument, { input })).logIn);
}

/** Signs out in all tabs of this browser. */
export async function logOut(): Promise<void> {
  // A refresh in progress must not finish later, because it would set the cookie again.
  await refreshing?.catch(() => undefined);
  // The server closes the socket before the response arrives. This must not start a refresh.
  const out = withTabLock('confab:refresh', () => requestTokens(LogOutDocument, {}));
  refreshing = out.then(() => undefined);
  // The error is reported to the caller below.
  refreshing.catch(() => undefined);
  await out.finally(() => (refreshing = undefined));
  tabs?.postMessage({ signedOut: true } satisfies TabMessage);
  signOut();
}

let deleting = false;

/** Runs the task that deletes the account, then signs out in all tabs of this browser. */
export async function deleteAccountWith(task: () => Promise<unknown>): Promise<void> {
  // The server closes the socket before the response arrives, and refreshing fails. Neither is an error.
  deleting = true;
  try {
    await task();
    tabs?.postMessage({ signedOut: true, deleted: true } satisfies TabMessage);
    // The cookie is invalid. The server removes it when it receives it next.
    signOut({ deleted: true });
  } finally {
    deleting = false;
  }
}

/** Shows a changed name or email in all tabs. */
export function userChanged(user: User): void {
  tabs?.postMessage({ user } satisfies TabMessage);
  updateUser(user);
}

function accept({ accessToken, expiresIn, user }: TokensFragment): void {
  const life = expiresIn * 1000;
  const tokens = { token: accessToken, freshUntil: Date.now() + life - Math.min(MARGIN, life / 20), user };
  tabs?.postMessage({ tokens } satisfies TabMessage);
  adoptTokens(tokens);
}

function adoptTokens(tokens: Access): void {
  const session = sessionStore.get();
  if (session.status === 'signedIn' && session.user.id !== tokens.user.id) {
    // Another user has signed in in another tab. Nothing of this tab is theirs, so their token must not be used to send
    // anything until the page is reloaded.
    access = undefined;
    reloadForOtherUser();
    return;
  }
  access = tokens;
  updateUser(tokens.user);
}

function updateUser(user: User): void {
  if (access?.user.id !== user.id) return;
  access = { ...access, user };
  const session = sessionStore.get();
  const same = session.status === 'signedIn' && session.user.name === user.name && session.user.email === user.email;
  if (!same) sessionStore.set({ status: 'signedIn', user });
}

/** Signs out at the user's own request, in any tab, and removes their data. After an expired session, drafts are kept. */
function signOut(how: { deleted?: boolean } = {}): void {
  const session = sessionStore.get();
  endSession(how);
  if (session.status === 'signedIn') removeUserData(session.user.id);
}

function endSession({ ended = false, deleted = false } = {}): void {
  access = undefined;
  sessionStore.set({ status: 'signedOut', ended, deleted });
}
