import { authExchange } from '@urql/exchange-auth';
import { Client, fetchExchange, type AnyVariables, type TypedDocumentNode } from '@urql/core';
import { accessToken, isFresh, refresh } from '../session/session';
import { fetchWithPatience } from './patience';
import { Refusal, resultOf } from './refusal';

/** Queries and mutations go over HTTP. What they bring is kept in `state.ts`, which the change feed keeps up to date. */
const client = new Client({
  url: '/graphql',
  preferGetMethod: false,
  requestPolicy: 'network-only',
  fetch: fetchWithPatience,
  exchanges: [
    authExchange(async ({ appendHeaders }) => ({
      addAuthToOperation: (operation) =>
        accessToken() ? appendHeaders(operation, { authorization: `Bearer ${accessToken()}` }) : operation,
      willAuthError: () => !isFresh(),
      didAuthError: (error) => new Refusal(error).code === 'UNAUTHENTICATED',
      // Without a network the operation fails by itself.
      refreshAuth: () => refresh().catch(() => undefined),
    })),
    fetchExchange,
  ],
});

/** The data of an operation; throws a {@link Refusal} if there is none. */
export async function ask<Data, Variables extends AnyVariables>(
  document: TypedDocumentNode<Data, Variables>,
  variables: Variables,
  fetchOptions?: RequestInit,
): Promise<Data> {
  const kind = document.definitions.find((definition) => definition.kind === 'OperationDefinition')?.operation;
  const context = { fetchOptions };
  const source = kind === 'mutation' ? client.mutation(document, variables, context) : client.query(document, variables, context);
  return resultOf(await source.toPromise());
}
