import { lazy, Suspense, useEffect, useSyncExternalStore } from 'react';
import { Chat } from './Chat';
import { sessionStore } from './session/session';
import { texts } from './texts';
import { ErrorBoundary } from './ui/ErrorBoundary';

// Users who are signed in do not load it.
const SignIn = lazy(async () => ({ default: (await import('./session/SignIn')).SignIn }));

export function App() {
  return (
    <ErrorBoundary fallback={<Broken />}>
      <Page />
    </ErrorBoundary>
  );
}

function Page() {
  const session = useSyncExternalStore(sessionStore.subscribe, sessionStore.get);

  useEffect(() => {
    if (session.status !== 'signedIn') document.title = texts.name;
  }, [session]);

  switch (session.status) {
    case 'restoring':
      return (
        <main className="splash" role="status">
          <p className="brand">{texts.name}</p>
          <p className="late">{session.problem ? texts[session.problem] : texts.signingIn}</p>
        </main>
      );
    case 'signedOut':
      return (
        <Suspense>
          <SignIn ended={session.ended} deleted={session.deleted} />
        </Suspense>
      );
    case 'signedIn':
      return <Chat key={session.user.id} user={session.user} />;
  }
}

/** Shown when the page itself fails. All data is on the server or stored on this device. */
function Broken() {
  return (
    <main className="splash" role="alert">
      <p className="brand">{texts.name}</p>
      <p>{texts.broken}</p>
      <button type="button" className="primary" onClick={() => location.reload()}>
        {texts.reload}
      </button>
    </main>
  );
}
