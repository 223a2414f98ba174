import { stringifyDocument, type TypedDocumentNode } from '@urql/core';
import { createClient, type Client } from 'graphql-ws';
import { connectionStore } from '../connection';
import { pause } from '../pause';
import { accessToken, isFresh, refresh, sessionStore } from '../session/session';
import { originIsRefused } from '../session/tokens';
import { ReauthenticateDocument } from './generated';
import { PATIENCE } from './patience';
import { Refusal, refusalOf } from './refusal';

/** The server closes with this when an access token has expired, or its session was ended. */
const FORBIDDEN = 4403;
/** How often we see whether the connection is still there, and how long its answer may take. */
const KEEP_ALIVE = 10_000;
const ANSWER_WITHIN = 5_000;
/** Even a tab in the background is given a moment each minute: who has heard nothing for longer was asleep. */
const ASLEEP = 90_000;

let client: Client | undefined;

/** One socket for everything that is live. It comes back by itself for as long as somebody is signed in. */
export function openSocket(): () => void {
  let tokenInUse: string | undefined;
  let heardAt = Date.now();
  let silence: ReturnType<typeof setTimeout>;
  let opening: ReturnType<typeof setTimeout>;

  const opened = createClient({
    url: () => new URL('/graphql', location.href.replace(/^http/, 'ws')).href,
    lazy: false,
    keepAlive: KEEP_ALIVE,
    connectionAckWaitTimeout: 10_000,
    retryAttempts: Infinity,
    shouldRetry: () => sessionStore.get().status === 'signedIn',
    onNonLazyError: () => undefined,
    async retryWait(attempt) {
      // It has failed more than once: the browser does not tell whether the server refuses it.
      if (attempt > 0) void findReason();
      else connectionStore.set('reconnecting');
      await pause(attempt);
      // Without a good token the server would only turn us away.
      if (!isFresh()) await refresh().catch(() => undefined);
    },
    connectionParams() {
      tokenInUse = accessToken();
      return { authorization: `Bearer ${tokenInUse}` };
    },
    on: {
      // Browsers wait for minutes.
      connecting() {
        clearTimeout(opening);
        opening = setTimeout(() => opened.terminate(), PATIENCE);
      },
      opened: () => clearTimeout(opening),
      message: () => (heardAt = Date.now()),
      connected: () => connectionStore.set('online'),
      closed(event) {
        clearTimeout(silence);
        clearTimeout(opening);
        if (connectionStore.get() !== 'refusedOrigin') connectionStore.set('reconnecting');
        const { code } = event as CloseEvent;
        // Refreshed once: either there is a new token to come back with, or the session is over.
        if (code === FORBIDDEN) refresh(tokenInUse).catch(() => undefined);
      },
      ping(received, payload) {
        if (received && payload && 'expiresAt' in payload) void goOn();
        else if (!received) silence = setTimeout(() => opened.terminate(), ANSWER_WITHIN);
      },
      pong(received) {
        if (received) clearTimeout(silence);
      },
    },
  });

  async function findReason(): Promise<void> {
    const refused = await originIsRefused().catch(() => false);
    if (client === opened && connectionStore.get() !== 'online') connectionStore.set(refused ? 'refusedOrigin' : 'reconnecting');
  }

  /** The token this socket was opened by is about to expire. */
  async function goOn(): Promise<void> {
    try {
      await refresh(tokenInUse);
    } catch {
      return; // the socket will be closed, and comes back
    }
    const token = accessToken();
    if (!token) return;
    tokenInUse = token;
    const payload = { query: stringifyDocument(ReauthenticateDocument), variables: { accessToken: token } };
    opened.subscribe(payload, { next() {}, error() {}, complete() {} });
  }

  // A device that wakes up need not wait for the next ping to learn that its connection is gone.
  const lost = () => opened.terminate();
  addEventListener('offline', lost);
  // Nor one that comes out of the browser's cache of pages.
  const shown = ({ persisted }: PageTransitionEvent) => persisted && lost();
  addEventListener('pageshow', shown);
  const awake = () => !document.hidden && Date.now() - heardAt > ASLEEP && lost();
  document.addEventListener('visibilitychange', awake);

  client = opened;
  return () => {
    removeEventListener('offline', lost);
    removeEventListener('pageshow', shown);
    document.removeEventListener('visibilitychange', awake);
    clearTimeout(silence);
    clearTimeout(opening);
    client = undefined;
    // It may be on its way to the server, and not get there.
    Promise.resolve(opened.dispose()).catch(() => undefined);
    connectionStore.set('connecting');
  };
}

interface Sink<Data> {
  next: (data: Data) => void;
  /** The server says no. A lost connection is no error: the subscription goes on when it is back. */
  refused: (refusal: Refusal) => void;
  complete?: () => void;
}

/**
 * Subscribes. When the socket comes back `variables` are read anew, so that `after` can be the last cursor by then:
 * make it a getter.
 */
export function follow<Data, Variables extends object>(
  document: TypedDocumentNode<Data, Variables>,
  variables: Variables,
  sink: Sink<Data>,
): () => void {
  let left = false;
  const leave = client?.subscribe<Data>(
    { query: stringifyDocument(document), variables: variables as Record<string, unknown> },
    {
      next({ data, errors }) {
        if (left) return;
        if (errors) sink.refused(ofServer(errors));
        else if (data) sink.next(data);
      },
      error: (error) => !left && sink.refused(Array.isArray(error) ? ofServer(error) : refusalOf(error)),
      complete: () => !left && sink.complete?.(),
    },
  );
  return () => {
    left = true;
    leave?.();
  };
}

function ofServer(errors: readonly { message: string; extensions?: Record<string, unknown> }[]): Refusal {
  const { message, extensions } = errors[0]!;
  const { code, retryAfter } = extensions ?? {};
  return new Refusal({
    code: typeof code === 'string' ? code : 'INTERNAL',
    message,
    retryAfter: typeof retryAfter === 'number' ? retryAfter : undefined,
  });
}
