import { useRef, useState } from 'react';
import { execute } from '../graphql/client';
import { toApiError } from '../graphql/apiError';
import { accountTexts } from '../texts';
import { confirmed } from '../ui/confirm';
import type { AccessToken } from './account';
import { DeleteAccessTokenDocument } from './generated';
import { NewSecret } from './NewSecret';
import { NewTokenForm } from './NewTokenForm';
import { accountReason } from './reason';
import { TokenRow } from './TokenRow';
import { useTask } from './useTask';

export function AccessTokens({ tokens, onChanged }: { tokens: AccessToken[]; onChanged: () => Promise<void> }) {
  const heading = useRef<HTMLHeadingElement>(null);
  const [secret, setSecret] = useState<string>();
  const { busy, failure, done, run } = useTask();

  async function revoke({ id, name }: AccessToken) {
    if (!(await confirmed(accountTexts.revokeQuestion(name), accountTexts.revoke))) return;
    await run(async () => {
      await execute(DeleteAccessTokenDocument, { id }).catch((error) => {
        if (toApiError(error).code !== 'NOT_FOUND') throw error;
      });
      await onChanged();
      heading.current?.focus();
      return accountTexts.revoked(name);
    });
  }

  function forgetSecret() {
    setSecret(undefined);
    heading.current?.focus();
  }

  return (
    <section aria-labelledby="account-tokens">
      <h3 id="account-tokens" ref={heading} tabIndex={-1}>
        {accountTexts.tokens}
      </h3>
      <p className="hint">{accountTexts.tokensHint}</p>
      {tokens.length === 0 ? (
        <p className="hint">{accountTexts.noTokens}</p>
      ) : (
        <ul className="rows">
          {tokens.map((token) => (
            <TokenRow key={token.id} token={token} busy={busy} onRevoke={() => revoke(token)} />
          ))}
        </ul>
      )}
      <p className="done" role="status">
        {done}
      </p>
      <p className="problem" role="alert">
        {failure && accountReason(failure)}
      </p>
      {secret ? (
        <NewSecret secret={secret} onDone={forgetSecret} />
      ) : (
        <NewTokenForm onCreated={setSecret} onChanged={onChanged} />
      )}
    </section>
  );
}
