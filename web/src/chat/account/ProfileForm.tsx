import { execute } from '../graphql/client';
import { userChanged, type User } from '../session/session';
import { accountTexts, texts } from '../texts';
import { ActionForm } from './ActionForm';
import { Field } from './Field';
import { ChangeNameDocument } from './generated';

export function ProfileForm({ user }: { user: User }) {
  return (
    <section aria-labelledby="account-profile">
      <h3 id="account-profile">{accountTexts.profile}</h3>
      <ActionForm
        action={texts.save}
        fieldByCode={{ RATE_LIMITED: 'name' }}
        onSubmit={async ({ name }) => {
          userChanged((await execute(ChangeNameDocument, { input: { name: name! } })).changeName.user);
          return accountTexts.saved;
        }}
      >
        {/* Rendered anew when another tab has changed the name. */}
        <Field key={user.name} name="name" label={texts.yourName} autoComplete="name" required defaultValue={user.name} />
      </ActionForm>
    </section>
  );
}
