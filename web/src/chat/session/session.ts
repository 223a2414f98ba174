import { createStore } from '../../store';
import { exclusively } from '../exclusively';
import {
  LogInDocument,
  LogOutDocument,
  RefreshSessionDocument,
  RegisterDocument,
  type LogInInput,
  type RegisterInput,
  type TokensFragment,
} from '../graphql/generated';
import { refusalOf } from '../graphql/refusal';
import { forgetUser } from '../kept';
import { pause } from '../pause';
import { askForTokens, isRefusedOrigin } from './tokens';

export type User = TokensFragment['user'];

/**
 * Who is signed in. At first nobody knows: the refresh token is where no script can read it, so the server is asked.
 *
 *     restoring ─▶ signedIn ◀─▶ signedOut
 */
export type Session =
  | { status: 'restoring'; trouble?: 'unreachable' | 'refusedOrigin' }
  | { status: 'signedIn'; user: User }
  | { status: 'signedOut'; ended?: boolean; deleted?: boolean };

export const sessionStore = createStore<Session>({ status: 'restoring' });

/** The access token lives here alone: in memory, and in that of our other tabs. */
interface Access {
  token: string;
  /** Until when to send it, in milliseconds by this device's clock: not up to the last moment. */
  freshUntil: number;
  user: User;
}

let access: Access | undefined;

/** The most that is left of a token's life when it is not sent any more, in milliseconds. */
const MARGIN = 5_000;

export function accessToken(): string | undefined {
  return access?.token;
}

export function isFresh(): boolean {
  return access !== undefined && access.freshUntil > Date.now();
}

/** What the page does when somebody else has signed in in another tab. */
let startAnew = () => location.assign('/');

/** For a page that is not the chat page. */
export function onOtherUser(task: () => void): void {
  startAnew = task;
}

type Told = { tokens: Access } | { user: User } | { signedOut: true; deleted?: boolean };

/** What tabs tell each other. */
const tabs = typeof BroadcastChannel === 'undefined' ? undefined : new BroadcastChannel('confab:session');

tabs?.addEventListener('message', ({ data }: MessageEvent<Told>) => {
  if ('tokens' in data) adopt(data.tokens);
  else if ('user' in data) meet(data.user);
  else depart(data);
});

let flight: Promise<void> | undefined;

/**
 * Gets an access token other than `stale`; once, however many ask, in however many tabs. Throws if the server cannot be
 * reached; if it says that the session is over, that is where we are then: signed out.
 */
export function refresh(stale: string | undefined = access?.token): Promise<void> {
  if (sessionStore.get().status === 'signedOut') return Promise.resolve();
  flight ??= exclusively('confab:refresh', async () => {
    // Another tab may have been quicker.
    if (isFresh() && access?.token !== stale) return;
    try {
      const { refreshSession } = await askForTokens(RefreshSessionDocument, {});
      // Whoever has signed out meanwhile, in whatever tab, is not brought back.
      if (sessionStore.get().status !== 'signedOut') accept(refreshSession);
    } catch (error) {
      if (refusalOf(error).code !== 'UNAUTHENTICATED') throw error;
      // Whoever has left already, or is about to, has been told why.
      if (!deleting && sessionStore.get().status !== 'signedOut') leave({ ended: access !== undefined });
    }
  }).finally(() => (flight = undefined));
  return flight;
}

/** Finds out who is signed in, and goes on asking until the server can be reached. */
export async function restore(): Promise<void> {
  for (let attempt = 0; sessionStore.get().status === 'restoring'; attempt++) {
    try {
      await refresh();
    } catch (error) {
      const trouble = isRefusedOrigin(error) ? 'refusedOrigin' : 'unreachable';
      // Another tab may have told who it is.
      if (sessionStore.get().status === 'restoring') sessionStore.set({ status: 'restoring', trouble });
      await pause(attempt);
    }
  }
}

export async function register(input: RegisterInput): Promise<void> {
  accept((await askForTokens(RegisterDocument, { input })).register);
}

export async function logIn(input: LogInInput): Promise<void> {
  accept((await askForTokens(LogInDocument, { input })).logIn);
}

/** Signs out in all tabs of this browser. */
export async function logOut(): Promise<void> {
  // One that is under way must not come after it, and set the cookie again.
  await flight?.catch(() => undefined);
  // The socket is closed before the answer arrives: that is no reason to refresh.
  const out = exclusively('confab:refresh', () => askForTokens(LogOutDocument, {}));
  flight = out.then(() => undefined);
  // That it failed is told to who asked for it, below.
  flight.catch(() => undefined);
  await out.finally(() => (flight = undefined));
  tabs?.postMessage({ signedOut: true } satisfies Told);
  depart();
}

let deleting = false;

/** Deletes the account by the task it is given, and is signed out then in all tabs of this browser. */
export async function deleteBy(task: () => Promise<unknown>): Promise<void> {
  // The socket is closed before the answer arrives, and the session cannot be refreshed any more: that is no news.
  deleting = true;
  try {
    await task();
    tabs?.postMessage({ signedOut: true, deleted: true } satisfies Told);
    // What is in the cookie is good for nothing any more, and forgotten when it is next shown to the server.
    depart({ deleted: true });
  } finally {
    deleting = false;
  }
}

/** The user is called or reached by something else now: all tabs show it. */
export function userChanged(user: User): void {
  tabs?.postMessage({ user } satisfies Told);
  meet(user);
}

function accept({ accessToken, expiresIn, user }: TokensFragment): void {
  const life = expiresIn * 1000;
  const tokens = { token: accessToken, freshUntil: Date.now() + life - Math.min(MARGIN, life / 20), user };
  tabs?.postMessage({ tokens } satisfies Told);
  adopt(tokens);
}

function adopt(tokens: Access): void {
  const session = sessionStore.get();
  if (session.status === 'signedIn' && session.user.id !== tokens.user.id) {
    // Somebody else signed in in another tab: nothing of what this one holds is theirs, and nothing of it is sent by their
    // token in the moment until the page is loaded anew.
    access = undefined;
    startAnew();
    return;
  }
  access = tokens;
  meet(tokens.user);
}

function meet(user: User): void {
  if (access?.user.id !== user.id) return;
  access = { ...access, user };
  const session = sessionStore.get();
  const same = session.status === 'signedIn' && session.user.name === user.name && session.user.email === user.email;
  if (!same) sessionStore.set({ status: 'signedIn', user });
}

/** By their own will, in whichever tab: nothing of theirs stays. Whose session has ended finds their drafts again. */
function depart(how: { deleted?: boolean } = {}): void {
  const session = sessionStore.get();
  leave(how);
  if (session.status === 'signedIn') forgetUser(session.user.id);
}

function leave({ ended = false, deleted = false } = {}): void {
  access = undefined;
  sessionStore.set({ status: 'signedOut', ended, deleted });
}
