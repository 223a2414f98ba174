import { authExchange } from '@urql/exchange-auth';
import { Client, fetchExchange, type AnyVariables, type TypedDocumentNode } from '@urql/core';
import { accessToken, isFresh, refresh, sessionStore } from '../session/session';
import { fetchWithTimeout } from './timeout';
import { ApiError, resultOf } from './apiError';

/** Client for queries and mutations over HTTP. Results go into `state.ts`, which the change feed keeps up to date. */
const client = new Client({
  url: '/graphql',
  preferGetMethod: false,
  requestPolicy: 'network-only',
  fetch: fetchWithTimeout,
  exchanges: [
    authExchange(async ({ appendHeaders }) => ({
      addAuthToOperation: (operation) =>
        accessToken() ? appendHeaders(operation, { authorization: `Bearer ${accessToken()}` }) : operation,
      willAuthError: () => !isFresh(),
      didAuthError: (error) => new ApiError(error).code === 'UNAUTHENTICATED',
      // Without a network, the operation itself fails.
      refreshAuth: () => refresh().catch(() => undefined),
    })),
    fetchExchange,
  ],
});

/**
 * Executes an operation as the signed-in user and returns its data. Throws an {@link ApiError} if it fails.
 *
 * If the user has signed out or changed meanwhile, the code is UNAUTHENTICATED and the response is dropped. So the next
 * user never sees the data or the error of the previous one.
 */
export async function execute<Data, Variables extends AnyVariables>(
  document: TypedDocumentNode<Data, Variables>,
  variables: Variables,
  { signal, ...fetchOptions }: RequestInit = {},
): Promise<Data> {
  const caller = userId();
  const kind = document.definitions.find((definition) => definition.kind === 'OperationDefinition')?.operation;
  const context = { fetchOptions, fetch: signal ? cancellable(signal) : fetchWithTimeout };
  const source = kind === 'mutation' ? client.mutation(document, variables, context) : client.query(document, variables, context);
  const result = caller === undefined ? undefined : await source.toPromise();
  if (!result || userId() !== caller) throw new ApiError({ code: 'UNAUTHENTICATED', message: 'No user is signed in.' });
  // If the session had ended, the user would be signed out by now. So the token could not be refreshed: no network.
  if (result.error && new ApiError(result.error).code === 'UNAUTHENTICATED') {
    throw new ApiError({ code: 'UNREACHABLE', message: result.error.message });
  }
  return resultOf(result);
}

/** The client replaces the signal in the options of a request by its own, so it is passed on here. */
function cancellable(signal: AbortSignal): typeof fetch {
  return (input, init) => fetchWithTimeout(input, { ...init, signal });
}

function userId(): string | undefined {
  const session = sessionStore.get();
  return session.status === 'signedIn' ? session.user.id : undefined;
}
