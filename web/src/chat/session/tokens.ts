import { Client, fetchExchange, type AnyVariables, type TypedDocumentNode } from '@urql/core';
import { fetchWithPatience } from '../graphql/patience';
import { Refusal, refusalOf, resultOf } from '../graphql/refusal';

/**
 * For the four mutations that deal with the refresh token. With this header the server keeps it in an httpOnly cookie, so
 * that no script can read it; the payload has an empty string in its place.
 */
const client = new Client({
  url: '/graphql',
  preferGetMethod: false,
  requestPolicy: 'network-only',
  fetch: fetchWithPatience,
  fetchOptions: { headers: { 'Confab-Session': 'cookie' }, credentials: 'same-origin' },
  exchanges: [fetchExchange],
});

export async function askForTokens<Data, Variables extends AnyVariables>(
  document: TypedDocumentNode<Data, Variables>,
  variables: Variables,
): Promise<Data> {
  return resultOf(await client.mutation(document, variables).toPromise());
}

/**
 * Whether the server takes this page for another site's. To its own pages it forbids nothing here but registering. A proxy that
 * replaces the header `Host` is the usual cause.
 */
export function isRefusedOrigin(error: unknown): boolean {
  return refusalOf(error).code === 'FORBIDDEN';
}

/** Asks whether the server takes this page for another site's. A browser does not tell why it could not open a socket. */
export async function originIsRefused(): Promise<boolean> {
  const result = await client.query('{ __typename }', {}).toPromise();
  return result.error !== undefined && isRefusedOrigin(new Refusal(result.error));
}
