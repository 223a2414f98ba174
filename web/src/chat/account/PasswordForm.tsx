import { execute } from '../graphql/client';
import type { User } from '../session/session';
import { accountTexts, texts } from '../texts';
import { ActionForm } from './ActionForm';
import { Field } from './Field';
import { Disclosure } from './Disclosure';
import { ChangePasswordDocument } from './generated';

/** Changes the password. The current session and its WebSocket stay open. */
export function PasswordForm({ user, onChanged }: { user: User; onChanged: () => void }) {
  return (
    <section aria-labelledby="account-password">
      <h3 id="account-password">{texts.password}</h3>
      <p className="hint">{accountTexts.passwordEffect}</p>
      <Disclosure label={accountTexts.changePassword}>
        <ActionForm
          action={texts.save}
          fieldByCode={{ RATE_LIMITED: 'currentPassword' }}
          onSubmit={async ({ currentPassword, newPassword }) => {
            const input = { currentPassword: currentPassword!, newPassword: newPassword! };
            const { endedSessions } = (await execute(ChangePasswordDocument, { input })).changePassword;
            onChanged();
            return accountTexts.passwordChanged(endedSessions);
          }}
        >
          {/* Password managers store a password together with this username. */}
          <input type="text" hidden readOnly autoComplete="username" value={user.email ?? ''} />
          <Field
            name="currentPassword"
            label={accountTexts.currentPassword}
            type="password"
            autoComplete="current-password"
            required
          />
          <Field
            name="newPassword"
            label={accountTexts.newPassword}
            hint={texts.passwordHint}
            type="password"
            autoComplete="new-password"
            required
          />
        </ActionForm>
      </Disclosure>
    </section>
  );
}
