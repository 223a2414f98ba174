import { useEffect, useSyncExternalStore } from 'react';
import { hasPlayground } from '../../served';
import { OpenAccountDialog, openSettings, settingsStore } from '../account/OpenAccountDialog';
import { settleDeletion } from '../conversations/deletion';
import { execute } from '../graphql/client';
import { RevokeOtherSessionsDocument } from '../graphql/generated';
import { countUnsent } from '../outbox/echoes';
import { open } from '../route';
import { openShortcuts } from '../shortcuts/Shortcuts';
import { texts } from '../texts';
import { confirmed } from '../ui/confirm';
import { Menu } from '../ui/Menu';
import { notifyFailure } from '../ui/notices';
import { setTheme, themeStore, THEMES } from '../ui/theme';
import { logOut, type User } from './session';

export function AccountMenu({ user }: { user: User }) {
  const theme = useSyncExternalStore(themeStore.subscribe, themeStore.get);
  const settingsOpen = useSyncExternalStore(settingsStore.subscribe, settingsStore.get);

  // The next user must not find it open.
  useEffect(() => () => settingsStore.set(false), []);

  async function leave(everywhere: boolean) {
    const unsent = countUnsent();
    if (unsent > 0 && !(await confirmed(texts.signOutUnsent(unsent), texts.signOut))) return;
    try {
      // Without a network, the sign-out below fails and reports it.
      await settleDeletion();
      if (everywhere) await execute(RevokeOtherSessionsDocument, {});
      await logOut();
      open();
    } catch (error) {
      notifyFailure(error, texts.notSignedOut);
    }
  }

  return (
    <footer className="account">
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
        <button type="button" role="menuitem" onClick={openSettings}>
          {texts.settings}
        </button>
        <button type="button" role="menuitem" onClick={openShortcuts}>
          {texts.shortcuts}
        </button>
        {hasPlayground && (
          <button type="button" role="menuitem" onClick={() => window.open('/playground', '_blank', 'noopener')}>
            {texts.playground}
          </button>
        )}
        <hr />
        <button type="button" role="menuitem" onClick={() => leave(false)}>
          {texts.signOut}
        </button>
        <button type="button" role="menuitem" onClick={() => leave(true)}>
          {texts.signOutEverywhere}
        </button>
      </Menu>
      {settingsOpen && <OpenAccountDialog user={user} onClose={() => settingsStore.set(false)} />}
    </footer>
  );
}
