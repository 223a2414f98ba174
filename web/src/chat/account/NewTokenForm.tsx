import { execute } from '../graphql/client';
import { accountTexts } from '../texts';
import { ActionForm } from './ActionForm';
import { Field } from './Field';
import { Disclosure } from './Disclosure';
import { CreateAccessTokenDocument, type AccessTokenScope } from './generated';

const DAYS = [7, 30, 90, 365];
const USUAL = 90;

interface Props {
  onCreated: (secret: string) => void;
  onChanged: () => Promise<void>;
}

export function NewTokenForm({ onCreated, onChanged }: Props) {
  async function create({ name, scope, days }: Record<string, string>) {
    const input = { name: name!, scopes: [scope as AccessTokenScope], expiresInDays: Number(days) };
    try {
      onCreated((await execute(CreateAccessTokenDocument, { input })).createAccessToken.secret);
    } finally {
      // If the response with the secret was lost, the token is listed at least and can be revoked.
      await onChanged();
    }
  }

  return (
    <Disclosure label={accountTexts.newToken}>
      <ActionForm
        action={accountTexts.createToken}
        fieldByCode={{ RATE_LIMITED: 'name', CONFLICT: 'name' }}
        textByCode={{ CONFLICT: accountTexts.tooManyTokens }}
        onSubmit={create}
      >
        <Field name="name" label={accountTexts.tokenName} hint={accountTexts.tokenNameHint} autoComplete="off" required maxLength={100} />
        <div className="choices">
          <label>
            {accountTexts.scope}
            <select name="scope" defaultValue="READ">
              <option value="READ">{accountTexts.mayRead}</option>
              <option value="WRITE">{accountTexts.mayWrite}</option>
            </select>
          </label>
          <label>
            {accountTexts.expiry}
            <select name="days" defaultValue={USUAL}>
              {DAYS.map((days) => (
                <option key={days} value={days}>
                  {accountTexts.days(days)}
                </option>
              ))}
            </select>
          </label>
        </div>
      </ActionForm>
    </Disclosure>
  );
}
