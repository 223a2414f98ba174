import { useSyncExternalStore } from 'react';
import { connectionStore, GRACE_PERIOD } from './connection';
import { texts } from './texts';
import { useLate } from './ui/useLate';

/** Reports that the page is offline or not connected. */
export function ConnectionStatus() {
  const connection = useSyncExternalStore(connectionStore.subscribe, connectionStore.get);
  const offline = useSyncExternalStore(onNetworkChange, () => !navigator.onLine);
  const late = useLate(connection !== 'online', GRACE_PERIOD);

  return (
    <p className="connection" role="status">
      {offline ? texts.offline : late ? (connection === 'refusedOrigin' ? texts.refusedOrigin : texts.reconnecting) : null}
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
