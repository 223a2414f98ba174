import { Client, fetchExchange, type AnyVariables, type TypedDocumentNode } from '@urql/core';
import { fetchWithPatience } from '../graphql/patience';
import { Refusal, refusalOf, resultOf } from '../graphql/refusal';

/**
 * Client for the four mutations that use the refresh token. With this header, the server keeps the token in an httpOnly
 * cookie that no script can read, and the payload has an empty string instead.
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
 * Whether the server takes this page for another site's. The mutations here have no other reason for FORBIDDEN, except
 * `register`. The usual cause is a proxy that replaces the `Host` header.
 */
export function isRefusedOrigin(error: unknown): boolean {
  return refusalOf(error).code === 'FORBIDDEN';
}

/** Asks the server whether it takes this page for another site's. Browsers do not report why a socket could not open. */
export async function originIsRefused(): Promise<boolean> {
  const result = await client.query('{ __typename }', {}).toPromise();
  return result.error !== undefined && isRefusedOrigin(new Refusal(result.error));
}
