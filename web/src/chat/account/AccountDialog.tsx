import { useEffect, useRef, useState, type ReactNode } from 'react';
import { reasonOf } from '../graphql/reason';
import type { User } from '../session/session';
import { accountTexts, texts } from '../texts';
import { Icon } from '../ui/Icon';
import { Tabs } from '../ui/Tabs';
import { AccessTokens } from './AccessTokens';
import { loadAccount, type Account } from './account';
import { DefaultsForm } from './DefaultsForm';
import { EmailForm } from './EmailForm';
import { PasswordForm } from './PasswordForm';
import { ProfileForm } from './ProfileForm';
import { Sessions } from './Sessions';
import { YourData } from './YourData';
import './account.css';

/** The dialog for the user's account. Its lists are loaded when it opens and after each change. */
export function AccountDialog({ user, onClose }: { user: User; onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [account, setAccount] = useState<Account>();
  const [problem, setProblem] = useState<string>();
  // A user of an identity provider has no password here.
  const local = user.hasPassword;

  useEffect(() => {
    dialog.current?.showModal();
    void reload();
  }, []);

  async function reload() {
    setProblem(undefined);
    try {
      setAccount(await loadAccount());
    } catch (error) {
      setProblem(reasonOf(error));
    }
  }

  const profile = (
    <>
      <ProfileForm user={user} />
      {local ? (
        <>
          <EmailForm user={user} />
          <PasswordForm user={user} onChanged={reload} />
        </>
      ) : (
        <p className="hint">{accountTexts.elsewhere}</p>
      )}
    </>
  );
  const loaded = (content: (account: Account) => ReactNode) => (
    <>
      {problem && (
        <p className="problem" role="alert">
          {accountTexts.notLoaded} {problem}{' '}
          <button type="button" className="link" onClick={reload}>
            {texts.retry}
          </button>
        </p>
      )}
      {account ? content(account) : !problem && <p className="hint late">{texts.loading}</p>}
    </>
  );

  return (
    <dialog ref={dialog} className="dialog account-dialog" aria-labelledby="account-title" onClose={onClose}>
      <header>
        <h2 id="account-title">{texts.settings}</h2>
        <button
          type="button"
          className="icon-button"
          autoFocus
          aria-label={accountTexts.close}
          title={accountTexts.close}
          onClick={() => dialog.current?.close()}
        >
          <Icon name="close" />
        </button>
      </header>
      <Tabs
        label={texts.settings}
        tabs={[
          { label: accountTexts.profile, content: profile },
          { label: accountTexts.newChats, content: <DefaultsForm /> },
          { label: accountTexts.sessions, content: loaded(({ sessions }) => <Sessions sessions={sessions} onChanged={reload} />) },
          { label: accountTexts.tokens, content: loaded(({ accessTokens }) => <AccessTokens tokens={accessTokens} onChanged={reload} />) },
          { label: accountTexts.yourData, content: <YourData local={local} /> },
        ]}
      />
    </dialog>
  );
}
