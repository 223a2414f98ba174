import { authExchange } from '@urql/exchange-auth';
import { Client, fetchExchange, type AnyVariables, type TypedDocumentNode } from '@urql/core';
import { accessToken, isFresh, refresh, sessionStore } from '../session/session';
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

/**
 * The data of an operation, asked for by who is signed in; throws a {@link Refusal} if there is none. UNAUTHENTICATED means
 * that they are not any more: nothing that comes after that is shown to whoever signs in next.
 */
export async function ask<Data, Variables extends AnyVariables>(
  document: TypedDocumentNode<Data, Variables>,
  variables: Variables,
  fetchOptions?: RequestInit,
): Promise<Data> {
  const asker = userId();
  const kind = document.definitions.find((definition) => definition.kind === 'OperationDefinition')?.operation;
  const context = { fetchOptions };
  const source = kind === 'mutation' ? client.mutation(document, variables, context) : client.query(document, variables, context);
  const result = asker === undefined ? undefined : await source.toPromise();
  if (!result || userId() !== asker) throw new Refusal({ code: 'UNAUTHENTICATED', message: 'nobody is signed in' });
  // Had the session ended, they were signed out by now: the token could not be renewed, for want of a network.
  if (result.error && new Refusal(result.error).code === 'UNAUTHENTICATED') {
    throw new Refusal({ code: 'UNREACHABLE', message: result.error.message });
  }
  return resultOf(result);
}

function userId(): string | undefined {
  const session = sessionStore.get();
  return session.status === 'signedIn' ? session.user.id : undefined;
}
