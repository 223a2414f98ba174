import { useEffect, useState, useSyncExternalStore } from 'react';
import { connectionStore } from './connection';
import { texts } from './texts';

/** How long a lost connection is not reported, in milliseconds. */
const QUIET = 1_500;

/** Reports that the page is offline or not connected. */
export function ConnectionLine() {
  const connection = useSyncExternalStore(connectionStore.subscribe, connectionStore.get);
  const offline = useSyncExternalStore(onNetwork, () => !navigator.onLine);
  const [late, setLate] = useState(false);

  useEffect(() => {
    setLate(false);
    if (connection === 'online') return;
    const timer = setTimeout(() => setLate(true), QUIET);
    return () => clearTimeout(timer);
  }, [connection]);

  return (
    <p className="connection" role="status">
      {offline ? texts.offline : late && connection !== 'online' ? (connection === 'refusedOrigin' ? texts.refusedOrigin : texts.reconnecting) : null}
    </p>
  );
}

function onNetwork(changed: () => void): () => void {
  addEventListener('online', changed);
  addEventListener('offline', changed);
  return () => {
    removeEventListener('online', changed);
    removeEventListener('offline', changed);
  };
}
