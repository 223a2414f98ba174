import { Client, fetchExchange, type AnyVariables, type TypedDocumentNode } from '@urql/core';
import { fetchWithPatience } from '../graphql/patience';
import { resultOf } from '../graphql/refusal';

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
