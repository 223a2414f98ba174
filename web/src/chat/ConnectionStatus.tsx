import { useEffect, useState, useSyncExternalStore } from 'react';
import { connectionStore } from './connection';
import { texts } from './texts';

/** Time for which a lost connection is not reported, in milliseconds. */
const GRACE_PERIOD = 1_500;

/** Reports that the page is offline or not connected. */
export function ConnectionStatus() {
  const connection = useSyncExternalStore(connectionStore.subscribe, connectionStore.get);
  const offline = useSyncExternalStore(onNetworkChange, () => !navigator.onLine);
  const [late, setLate] = useState(false);

  useEffect(() => {
    setLate(false);
    if (connection === 'online') return;
    const timer = setTimeout(() => setLate(true), GRACE_PERIOD);
    return () => clearTimeout(timer);
  }, [connection]);

  return (
    <p className="connection" role="status">
      {offline ? texts.offline : late && connection !== 'online' ? (connection === 'refusedOrigin' ? texts.refusedOrigin : texts.reconnecting) : null}
    </p>
  );
}

function onNetworkChange(changed: () => void): () => void {
  addEventListener('online', changed);
  addEventListener('offline', changed);
  return () => {
    removeEventListener('online', changed);
    removeEventListener('offline', changed);
  };
}
