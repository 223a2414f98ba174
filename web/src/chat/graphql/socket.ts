import { stringifyDocument, type TypedDocumentNode } from '@urql/core';
import { createClient, MessageType, type Client } from 'graphql-ws';
import { createStore } from '../../store';
import { connectionStore } from '../connection';
import { pause } from '../pause';
import { accessToken, isFresh, refresh, sessionStore } from '../session/session';
import { isOriginRefused } from '../session/tokens';
import { ReauthenticateDocument } from './generated';
import { detectSilence, TICK } from './silence';
import { REQUEST_TIMEOUT } from './timeout';
import { ApiError, toApiError } from './apiError';

/** Close code of the server when the access token has expired or the session was revoked. */
const FORBIDDEN = 4403;
/** Interval between pings, and the timeout of a pong, in milliseconds. */
const PING_INTERVAL = 10_000;
const PONG_TIMEOUT = 5_000;
/**
 * Silence after which the device must have been asleep, in milliseconds: even a background tab runs its timers once a
 * minute.
 */
const ASLEEP_AFTER = 90_000;

let client: Client | undefined;

/** True while the socket is open but passes nothing on. Known only while {@link watchForSilence} is on. */
export const silentStore = createStore(false);

let ping = () => {};
const silence = detectSilence(() => ping(), silentStore.set);
let watchers = 0;
let watch: ReturnType<typeof setInterval>;

/** Watches for a silent connection with frequent pings, until the returned function is called. */
export function watchForSilence(): () => void {
  if (watchers++ === 0) watch = setInterval(silence.tick, TICK);
  return () => {
    if (--watchers > 0) return;
    clearInterval(watch);
    silence.heard();
  };
}

/** Opens the WebSocket for all subscriptions. It reconnects while a user is signed in. Returns a function that closes it. */
export function openSocket(): () => void {
  let tokenInUse: string | undefined;
  let lastMessageAt = Date.now();
  let pongTimer: ReturnType<typeof setTimeout>;
  let connectTimer: ReturnType<typeof setTimeout>;

  const opened = createClient({
    url: () => new URL('/graphql', location.href.replace(/^http/, 'ws')).href,
    lazy: false,
    keepAlive: PING_INTERVAL,
    connectionAckWaitTimeout: 10_000,
    retryAttempts: Infinity,
    shouldRetry: () => sessionStore.get().status === 'signedIn',
    onNonLazyError: () => undefined,
    async retryWait(attempt) {
      // After repeated failures, find out whether the server refuses this page: the browser does not report it.
      if (attempt > 0) void findReason();
      else connectionStore.set('reconnecting');
      await pause(attempt);
      // Without a valid token the server would only refuse the connection.
      if (!isFresh()) await refresh().catch(() => undefined);
    },
    connectionParams() {
      tokenInUse = accessToken();
      return { authorization: `Bearer ${tokenInUse}` };
    },
    on: {
      // The browser's own timeout is minutes.
      connecting() {
        clearTimeout(connectTimer);
        connectTimer = setTimeout(() => opened.terminate(), REQUEST_TIMEOUT);
      },
      opened: () => clearTimeout(connectTimer),
      message() {
        lastMessageAt = Date.now();
        silence.heard();
      },
      connected(socket) {
        ping = () => (socket as WebSocket).send(JSON.stringify({ type: MessageType.Ping }));
        connectionStore.set('online');
      },
      closed(event) {
        ping = () => {};
        clearTimeout(pongTimer);
        clearTimeout(connectTimer);
        if (connectionStore.get() !== 'refusedOrigin') connectionStore.set('reconnecting');
        const { code } = event as CloseEvent;
        // Refreshes once. Either there is a new token to reconnect with, or the session is over.
        if (code === FORBIDDEN) refresh(tokenInUse).catch(() => undefined);
      },
      ping(received, payload) {
        if (received && payload && 'expiresAt' in payload) void reauthenticate();
        else if (!received) pongTimer = setTimeout(() => opened.terminate(), PONG_TIMEOUT);
      },
      pong(received) {
        if (received) clearTimeout(pongTimer);
      },
    },
  });

  async function findReason(): Promise<void> {
    const refused = await isOriginRefused().catch(() => false);
    if (client === opened && connectionStore.get() !== 'online') connectionStore.set(refused ? 'refusedOrigin' : 'reconnecting');
  }

  /** Replaces the token of this socket, which is about to expire. */
  async function reauthenticate(): Promise<void> {
    try {
      await refresh(tokenInUse);
    } catch {
      return; // the server will close the socket, and it reconnects
    }
    const token = accessToken();
    if (!token) return;
    tokenInUse = token;
    const payload = { query: stringifyDocument(ReauthenticateDocument), variables: { accessToken: token } };
    opened.subscribe(payload, { next() {}, error() {}, complete() {} });
  }

  // A device that wakes up or goes offline need not wait for the next ping to notice that its connection is lost.
  const reconnect = () => opened.terminate();
  addEventListener('offline', reconnect);
  // The same applies to a page from the browser's back/forward cache.
  const shown = ({ persisted }: PageTransitionEvent) => persisted && reconnect();
  addEventListener('pageshow', shown);
  const awake = () => !document.hidden && Date.now() - lastMessageAt > ASLEEP_AFTER && reconnect();
  document.addEventListener('visibilitychange', awake);

  client = opened;
  return () => {
    removeEventListener('offline', reconnect);
    removeEventListener('pageshow', shown);
    document.removeEventListener('visibilitychange', awake);
    clearTimeout(pongTimer);
    clearTimeout(connectTimer);
    client = undefined;
    // Fails if the connection is still opening and never opens.
    Promise.resolve(opened.dispose()).catch(() => undefined);
    connectionStore.set('connecting');
  };
}

interface Sink<Data> {
  next: (data: Data) => void;
  /** Called when the server reports an error. A lost connection is not an error: the subscription resumes. */
  failed: (failure: ApiError) => void;
  complete?: () => void;
}

/**
 * Starts a subscription. `variables` are read again on every reconnect: make `after` a getter that returns the last
 * cursor.
 */
export function follow<Data, Variables extends object>(
  document: TypedDocumentNode<Data, Variables>,
  variables: Variables,
  sink: Sink<Data>,
): () => void {
  let unsubscribed = false;
  const unsubscribe = client?.subscribe<Data>(
    { query: stringifyDocument(document), variables: variables as Record<string, unknown> },
    {
      next({ data, errors }) {
        if (unsubscribed) return;
        if (errors) sink.failed(toServerError(errors));
        else if (data) sink.next(data);
      },
      error: (error) => !unsubscribed && sink.failed(Array.isArray(error) ? toServerError(error) : toApiError(error)),
      complete: () => !unsubscribed && sink.complete?.(),
    },
  );
  return () => {
    unsubscribed = true;
    unsubscribe?.();
  };
}

function toServerError(errors: readonly { message: string; extensions?: Record<string, unknown> }[]): ApiError {
  const { message, extensions } = errors[0]!;
  const { code, retryAfter } = extensions ?? {};
  return new ApiError({
    code: typeof code === 'string' ? code : 'INTERNAL',
    message,
    retryAfter: typeof retryAfter === 'number' ? retryAfter : undefined,
  });
}
