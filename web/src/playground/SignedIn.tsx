import { useSyncExternalStore, type ReactNode } from 'react';
import { logOut, sessionStore } from '../chat/session/session';
import { logOutHere, ownSessionStore } from './ownSession';
import { texts } from './texts';

/** The user that operations run as if they have no Authorization header of their own. */
export function SignedIn() {
  const { session: own, ended } = useSyncExternalStore(ownSessionStore.subscribe, ownSessionStore.get);
  const chat = useSyncExternalStore(sessionStore.subscribe, sessionStore.get);

  if (own) return <Line onSignOut={logOutHere}>{texts.signedInHere(own.email ?? texts.someUser)}</Line>;
  if (chat.status === 'signedIn') {
    return <Line onSignOut={logOutEverywhere}>{texts.signedInOnChatPage(chat.user.email ?? chat.user.name)}</Line>;
  }
  if (chat.status === 'restoring' && !chat.problem) return <Line>{texts.restoring}</Line>;
  return (
    <Line>
      {ended || (chat.status === 'signedOut' && chat.ended) ? texts.sessionEnded : texts.signedOut}
      <a href="/">{texts.chatPage}</a>.
    </Line>
  );
}

function Line({ children, onSignOut }: { children: ReactNode; onSignOut?: () => Promise<void> }) {
  return (
    <p className="signed-in">
      <span role="status" title={texts.tokenNote}>
        {children}
      </span>
      {onSignOut && (
        <button type="button" onClick={() => void onSignOut()}>
          {texts.signOut}
        </button>
      )}
    </p>
  );
}

async function logOutEverywhere(): Promise<void> {
  if (!confirm(texts.signOutEverywhere)) return;
  await logOut().catch(() => alert(texts.notSignedOut));
}
