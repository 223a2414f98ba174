import { Client, fetchExchange, type AnyVariables, type TypedDocumentNode } from '@urql/core';
import { fetchWithTimeout } from '../graphql/timeout';
import { ApiError, toApiError, resultOf } from '../graphql/apiError';

/**
 * Client for the four mutations that use the refresh token. With this header, the server keeps the token in an httpOnly
 * cookie that no script can read, and the payload has an empty string instead.
 */
const client = new Client({
  url: '/graphql',
  preferGetMethod: false,
  requestPolicy: 'network-only',
  fetch: fetchWithTimeout,
  fetchOptions: { headers: { 'Confab-Session': 'cookie' }, credentials: 'same-origin' },
  exchanges: [fetchExchange],
});

export async function requestTokens<Data, Variables extends AnyVariables>(
  document: TypedDocumentNode<Data, Variables>,
  variables: Variables,
): Promise<Data> {
  return resultOf(await client.mutation(document, variables).toPromise());
}

/**
 * Returns true if the server takes this page for another site's. The mutations here have no other reason for FORBIDDEN,
 * except `register`. The usual cause is a proxy that replaces the `Host` header.
 */
export function isOriginError(error: unknown): boolean {
  return toApiError(error).code === 'FORBIDDEN';
}

/** Asks the server whether it takes this page for another site's. Browsers do not report why a socket could not open. */
export async function isOriginRefused(): Promise<boolean> {
  const result = await client.query('{ __typename }', {}).toPromise();
  return result.error !== undefined && isOriginError(new ApiError(result.error));
}
