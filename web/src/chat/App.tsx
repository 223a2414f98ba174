import { useEffect, useSyncExternalStore } from 'react';
import { Chat } from './Chat';
import { sessionStore } from './session/session';
import { SignIn } from './session/SignIn';
import { texts } from './texts';

export function App() {
  const session = useSyncExternalStore(sessionStore.subscribe, sessionStore.get);

  useEffect(() => {
    if (session.status !== 'signedIn') document.title = texts.name;
  }, [session]);

  switch (session.status) {
    case 'restoring':
      return (
        <main className="splash" role="status">
          <p className="brand">{texts.name}</p>
          <p className="late">{session.unreachable ? texts.unreachable : texts.restoring}</p>
        </main>
      );
    case 'signedOut':
      return <SignIn ended={session.ended} deleted={session.deleted} />;
    case 'signedIn':
      return <Chat key={session.user.id} user={session.user} />;
  }
}
