import { execute } from '../graphql/client';
import { userChanged, type User } from '../session/session';
import { accountTexts, texts } from '../texts';
import { ActionForm } from './ActionForm';
import { Field } from './Field';
import { Disclosure } from './Disclosure';
import { ChangeEmailDocument } from './generated';

export function EmailForm({ user }: { user: User }) {
  return (
    <section aria-labelledby="account-email">
      <h3 id="account-email">{texts.email}</h3>
      <p className="hint">
        {accountTexts.emailNow} <bdi>{user.email}</bdi>
      </p>
      <Disclosure label={accountTexts.changeEmail}>
        <ActionForm
          action={texts.save}
          fieldByCode={{ CONFLICT: 'newEmail', RATE_LIMITED: 'password' }}
          textByCode={{ CONFLICT: accountTexts.emailTaken }}
          onSubmit={async ({ newEmail, password }) => {
            const { changeEmail } = await execute(ChangeEmailDocument, { input: { newEmail: newEmail!, password: password! } });
            userChanged(changeEmail.user);
            return accountTexts.emailChanged;
          }}
        >
          <Field name="newEmail" label={accountTexts.newEmail} type="text" inputMode="email" autoCapitalize="off" spellCheck={false} autoComplete="email" required />
          <Field name="password" label={texts.password} type="password" autoComplete="current-password" required />
        </ActionForm>
      </Disclosure>
    </section>
  );
}
