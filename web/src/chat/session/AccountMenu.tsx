import { useState, useSyncExternalStore } from 'react';
import { commitDeletion } from '../conversations/deletion';
import { forgetUser } from '../composer/drafts';
import { ask } from '../graphql/client';
import { RevokeOtherSessionsDocument } from '../graphql/generated';
import { refusalOf } from '../graphql/refusal';
import { outboxStore } from '../outbox/storage';
import { open } from '../route';
import { texts } from '../texts';
import { Menu } from '../ui/Menu';
import { setTheme, themeStore, THEMES } from '../ui/theme';
import { logOut, type User } from './session';

export function AccountMenu({ user }: { user: User }) {
  const theme = useSyncExternalStore(themeStore.subscribe, themeStore.get);
  const [problem, setProblem] = useState<string>();

  async function leave(everywhere: boolean) {
    const unsent = outboxStore.get().length;
    if (unsent > 0 && !confirm(texts.signOutUnsent(unsent))) return;
    setProblem(undefined);
    try {
      // Without a network signing out fails in its turn, and says so.
      await Promise.race([commitDeletion(), new Promise((resolve) => setTimeout(resolve, 2_000))]);
      if (everywhere) await ask(RevokeOtherSessionsDocument, {});
      await logOut();
      forgetUser(user.id);
      open();
    } catch (error) {
      const { code, message } = refusalOf(error);
      setProblem(texts.refusals[code] ?? message);
    }
  }

  return (
    <footer className="account">
      {problem && (
        <p className="problem" role="alert">
          {problem}
        </p>
      )}
      <Menu
        label={texts.account}
        face={
          <>
            <span className="avatar" aria-hidden="true">
              {[...user.name][0]?.toUpperCase()}
            </span>
            <span className="name" dir="auto">
              {user.name}
            </span>
          </>
        }
      >
        {user.email && (
          <p className="menu-note" dir="ltr">
            {user.email}
          </p>
        )}
        <p className="menu-note">{texts.theme}</p>
        {THEMES.map((name) => (
          <button
            key={name}
            type="button"
            role="menuitemradio"
            aria-checked={theme === name}
            onClick={() => setTheme(name)}
          >
            {texts.themes[name]}
          </button>
        ))}
        <hr />
        <button type="button" role="menuitem" onClick={() => window.open('/playground', '_blank', 'noopener')}>
          {texts.playground}
        </button>
        <hr />
        <button type="button" role="menuitem" onClick={() => leave(false)}>
          {texts.signOut}
        </button>
        <button type="button" role="menuitem" onClick={() => leave(true)}>
          {texts.signOutEverywhere}
        </button>
      </Menu>
    </footer>
  );
}
