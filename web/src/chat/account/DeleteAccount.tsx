import { useEffect, useRef, useState } from 'react';
import { settleDeletion } from '../conversations/deletion';
import { execute } from '../graphql/client';
import { ApiError } from '../graphql/apiError';
import { open } from '../route';
import { signInAgainLink } from '../session/providerSignIn';
import { deleteAccountWith } from '../session/session';
import { accountTexts, texts } from '../texts';
import { ActionForm } from './ActionForm';
import { Field } from './Field';
import { DeleteAccountDocument } from './generated';

/** Deletes the account in two steps: the consequences are shown before anything can be typed. */
export function DeleteAccount({ local }: { local: boolean }) {
  const [asked, setAsked] = useState(false);
  const question = useRef<HTMLHeadingElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const first = useRef(true);

  // The question replaces the button and vice versa, so the focus must move.
  useEffect(() => {
    if (!first.current) (asked ? question : button).current?.focus();
    question.current?.parentElement?.scrollIntoView({ block: 'nearest' });
    first.current = false;
  }, [asked]);

  if (!asked) {
    return (
      <button ref={button} type="button" className="plain danger" onClick={() => setAsked(true)}>
        {accountTexts.deleteAccount}
      </button>
    );
  }
  return (
    <div className="deletion">
      <h4 ref={question} tabIndex={-1}>
        {accountTexts.deleteQuestion}
      </h4>
      <p>{accountTexts.deleteEffect}</p>
      <ActionForm
        variant="primary danger"
        action={accountTexts.deleteForGood}
        fieldByCode={{ RATE_LIMITED: local ? 'password' : 'word' }}
        textByCode={{ FORBIDDEN: accountTexts.proveAgain }}
        onSubmit={({ password, word }) => deleteAccount(local ? password! : null, word!)}
        aside={
          <button type="button" className="plain" onClick={() => setAsked(false)}>
            {texts.cancel}
          </button>
        }
      >
        {!local && (
          <p>
            <a href={signInAgainLink}>{accountTexts.signInAgain}</a>
          </p>
        )}
        {local && <Field name="password" label={texts.password} type="password" autoComplete="current-password" required />}
        <Field name="word" label={accountTexts.typeToDelete} autoComplete="off" autoCapitalize="off" spellCheck={false} required />
      </ActionForm>
    </div>
  );
}

async function deleteAccount(password: string | null, word: string): Promise<void> {
  if (word.trim().toLowerCase() !== accountTexts.deleteWord) {
    throw new ApiError({ code: 'BAD_USER_INPUT', field: 'word', message: accountTexts.fieldErrors.word! });
  }
  await settleDeletion();
  await deleteAccountWith(() => execute(DeleteAccountDocument, { password }));
  open();
}
