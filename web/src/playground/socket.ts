import type { Observable } from '@graphiql/toolkit';
import type { ExecutionResult } from 'graphql';
import { createClient, type Client } from 'graphql-ws';
import { pause } from '../chat/pause';
import { isRecord } from '../store';
import { bearer, type Bearer } from './bearer';
import { startLog, subscriptionLogStore, logEnd, logEvent, logSocket, type Socket } from './subscriptionLog';
import { resumedAfter } from './resume';
import type { Operation } from './secrets';
import { texts } from './texts';

/** Close code of the server when the access token has expired or the session was revoked. */
const FORBIDDEN = 4403;

const ATTEMPTS = 10;

/** Client of the subscription in progress. GraphiQL runs one at a time. */
let current: Client | undefined;

/** Cuts the connection, as a network failure does. The client reconnects, and resumes after the last cursor. */
export function dropSocket(): void {
  current?.terminate();
}

/**
 * Runs a subscription on its own client and WebSocket. `connection_init` then has the current token, and the socket is
 * closed when the subscription ends.
 */
export function follow(operation: Operation, authorization?: string): Observable<ExecutionResult> {
  return {
    subscribe(observer: Observer) {
      startLog();
      let ended = false;
      const client = clientFor(authorization, () => (ended ? 'closed' : 'waiting'));
      current = client;
      const end = () => {
        ended = true;
        if (client === current) logEnd();
      };
      const unsubscribe = client.subscribe<Record<string, unknown>>(resumable(operation), {
        next(result) {
          if (client === current) logEvent(result);
          observer.next(result as ExecutionResult);
        },
        error(error) {
          end();
          observer.error(Array.isArray(error) ? error : [{ message: messageOf(error) }]);
        },
        complete() {
          end();
          observer.complete();
        },
      });
      return {
        unsubscribe() {
          end();
          unsubscribe();
        },
      };
    },
  } as Observable<ExecutionResult>;
}

interface Observer {
  next: (result: ExecutionResult) => void;
  error: (error: unknown) => void;
  complete: () => void;
}

/** Reads the operation each time it is sent: at first as it was written, after a reconnect with the last cursor. */
function resumable(operation: Operation) {
  const now = () => {
    const cursor = subscriptionLogStore.get()?.cursor;
    return cursor === undefined ? operation : resumedAfter(operation, cursor);
  };
  return {
    operationName: operation.operationName,
    get query() {
      return now().query;
    },
    get variables() {
      return now().variables;
    },
  };
}

function clientFor(authorization: string | undefined, stateOfClosed: () => Socket['state']): Client {
  let used: Bearer | undefined;
  /** Number of refusals in a row. */
  let refusals = 0;
  let again = false;
  const note = (socket: Socket) => client === current && logSocket(socket);

  const client = createClient({
    url: new URL('/graphql', location.href.replace(/^http/, 'ws')).href,
    lazy: true,
    connectionAckWaitTimeout: 10_000,
    retryAttempts: ATTEMPTS,
    retryWait: pause,
    // After the first refusal, another token is tried once.
    shouldRetry: (event) => !isClose(event) || event.code !== FORBIDDEN || (used !== undefined && refusals < 2),
    async connectionParams() {
      if (authorization) return { authorization };
      used = refusals > 0 ? ((await used?.renewed()) ?? used) : await bearer();
      return used ? { authorization: `Bearer ${used.token}` } : {};
    },
    on: {
      connecting: () => note({ state: 'connecting' }),
      connected() {
        refusals = 0;
        note({ state: 'open', again, after: again ? subscriptionLogStore.get()?.cursor : undefined });
        again = true;
      },
      closed(event) {
        if (!isClose(event)) return;
        if (event.code === FORBIDDEN) refusals += 1;
        note({ state: stateOfClosed(), code: event.code, reason: event.reason });
      },
    },
  });
  return client;
}

/** Returns true for a close event. One that the client has caused need not be a `CloseEvent`. */
function isClose(event: unknown): event is { code: number; reason: string } {
  return isRecord(event) && typeof event.code === 'number' && typeof event.reason === 'string';
}

function messageOf(error: unknown): string {
  if (isClose(error)) return texts.socketClosed(error.code, error.reason);
  return texts.unreachable(error instanceof Error ? error.message : texts.noConnection);
}
