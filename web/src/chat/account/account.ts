import { execute } from '../graphql/client';
import { AccountDocument, type AccountQuery } from './generated';
import { ApiError } from '../graphql/apiError';

export type Account = NonNullable<AccountQuery['me']>;
export type Session = Account['sessions'][number];
export type AccessToken = Account['accessTokens'][number];

/** Loads the data that the dialog shows. */
export async function loadAccount(): Promise<Account> {
  const { me } = await execute(AccountDocument, {});
  if (!me) throw new ApiError({ code: 'UNAUTHENTICATED', message: 'No user is signed in.' });
  return me;
}
