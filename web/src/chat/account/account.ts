import { ask } from '../graphql/client';
import { AccountDocument, type AccountQuery } from './generated';
import { Refusal } from '../graphql/refusal';

export type Account = NonNullable<AccountQuery['me']>;
export type Session = Account['sessions'][number];
export type AccessToken = Account['accessTokens'][number];

/** What the dialog shows, as it is now. */
export async function loadAccount(): Promise<Account> {
  const { me } = await ask(AccountDocument, {});
  if (!me) throw new Refusal({ code: 'UNAUTHENTICATED', message: 'nobody is signed in' });
  return me;
}
