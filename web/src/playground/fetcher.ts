import type { Fetcher, FetcherOpts, FetcherParams, Observable } from '@graphiql/toolkit';
import { getOperationAST, Kind, OperationTypeNode, parse, type ExecutionResult, type OperationDefinitionNode } from 'graphql';
import { createClient } from 'graphql-ws';
import { followReply, learnReply, watchedTextStore } from './reply';
import { isRecord } from '../store';
import { dropRefusedToken, forgetToken, learnToken, tokenStore, type Token } from './token';

const HTTP_URL = new URL('/graphql', location.href);
const WEBSOCKET_URL = new URL(HTTP_URL);
WEBSOCKET_URL.protocol = HTTP_URL.protocol.replace('http', 'ws');

/** Close code of a connection whose `connection_init` the server turned down. */
const REFUSED = 4403;

/** Fields that need no token: one that has expired must neither hide the schema nor stand in the way of a new one. */
const OPEN_FIELDS = new Set(['__schema', '__type', '__typename', 'register', 'logIn', 'refreshSession', 'logOut']);

/** What stands in the Headers editor. */
type TypedHeaders = NonNullable<FetcherOpts['headers']>;

/** Sends subscriptions over a WebSocket and everything else as a POST. */
export const fetcher: Fetcher = (asked, options) => {
  const params = withRightName(asked);
  const operation = operationOf(params);
  const headers = options?.headers ?? {};
  return operation?.operation === OperationTypeNode.SUBSCRIPTION
    ? overWebSocket(params, headers)
    : overHttp(params, headers, operation);
};

async function overHttp(
  params: FetcherParams,
  headers: TypedHeaders,
  operation?: OperationDefinitionNode,
): Promise<ExecutionResult> {
  const { authorization, token } = credentials(headers, operation);
  const request = new Headers({
    'content-type': 'application/json',
    accept: 'application/graphql-response+json, application/json',
  });
  for (const [name, value] of Object.entries(headers)) request.set(name, String(value));
  if (authorization) request.set('authorization', authorization);

  let result: ExecutionResult;
  try {
    const response = await fetch(HTTP_URL, { method: 'POST', headers: request, body: JSON.stringify(params) });
    result = await readResult(response);
  } catch (error) {
    return failure(`The server cannot be reached: ${error instanceof Error ? error.message : error}`);
  }

  noticeRefusal(result, token);
  learnToken(result.data);
  learnReply(result.data);
  if (!result.errors && rootFields(operation)?.includes('logOut')) forgetToken();
  return result;
}

async function readResult(response: Response): Promise<ExecutionResult> {
  const text = await response.text();
  try {
    return JSON.parse(text) as ExecutionResult;
  } catch {
    return failure(`The server answered ${response.status} ${response.statusText}: ${text.slice(0, 500)}`);
  }
}

/**
 * Each subscription has a client, and so a socket, of its own: its `connection_init` carries what the headers say now, and the
 * socket is closed when the subscription ends.
 */
function overWebSocket(params: FetcherParams, headers: TypedHeaders): Observable<ExecutionResult> {
  return {
    subscribe(observer: Observer) {
      let token: Token | undefined;
      const client = createClient({
        url: WEBSOCKET_URL.href,
        lazy: true,
        // Asked again at each reconnection, so that one uses the token of that hour.
        connectionParams() {
          const current = credentials(headers);
          token = current.token;
          return current.authorization ? { authorization: current.authorization } : {};
        },
        shouldRetry: (event) => event instanceof CloseEvent && event.code !== REFUSED,
      });

      watchedTextStore.set(undefined);
      const unsubscribe = client.subscribe<Record<string, unknown>>(
        { query: params.query, operationName: params.operationName, variables: params.variables },
        {
          next(result) {
            noticeRefusal(result, token);
            followReply(result.data);
            observer.next(result as ExecutionResult);
          },
          error(error) {
            if (error instanceof CloseEvent) {
              if (error.code === REFUSED && token) dropRefusedToken(token);
              observer.error([{ message: `The socket was closed with ${error.code} ${error.reason}`.trim() }]);
            } else {
              noticeRefusal({ errors: error }, token);
              observer.error(error);
            }
          },
          complete: observer.complete,
        },
      );
      return { unsubscribe };
    },
  } as Observable<ExecutionResult>;
}

interface Observer {
  next: (result: ExecutionResult) => void;
  error: (error: unknown) => void;
  complete: () => void;
}

/** What goes along with an operation: the Headers editor's word first, else the token we remember. */
function credentials(headers: TypedHeaders, operation?: OperationDefinitionNode): { authorization?: string; token?: Token } {
  const own = Object.entries(headers).find(([name]) => name.toLowerCase() === 'authorization');
  if (own) return { authorization: String(own[1]) };
  if (rootFields(operation)?.every((field) => OPEN_FIELDS.has(field))) return {};
  const { token } = tokenStore.get();
  return token ? { authorization: `Bearer ${token.accessToken}`, token } : {};
}

function noticeRefusal(result: { errors?: unknown }, token?: Token): void {
  if (!token || !Array.isArray(result.errors)) return;
  const refused = result.errors.some(
    (error) => isRecord(error) && isRecord(error.extensions) && error.extensions.code === 'UNAUTHENTICATED',
  );
  if (refused) dropRefusedToken(token);
}

/** For a moment after another tab is opened, GraphiQL names the operation of the one before. */
function withRightName(params: FetcherParams): FetcherParams {
  const { operationName, ...unnamed } = params;
  return operationName && !operationOf(params) && operationOf(unnamed) ? unnamed : params;
}

function operationOf({ query, operationName }: FetcherParams): OperationDefinitionNode | undefined {
  try {
    return getOperationAST(parse(query), operationName) ?? undefined;
  } catch {
    // Not ours to report: the server says what is wrong with it.
    return undefined;
  }
}

/** The names of an operation's own fields, or nothing where fragments hide some of them. */
function rootFields(operation?: OperationDefinitionNode): string[] | undefined {
  const fields: string[] = [];
  for (const selection of operation?.selectionSet.selections ?? []) {
    if (selection.kind !== Kind.FIELD) return undefined;
    fields.push(selection.name.value);
  }
  return operation && fields;
}

function failure(message: string): ExecutionResult {
  return { errors: [{ message }] } as unknown as ExecutionResult;
}
