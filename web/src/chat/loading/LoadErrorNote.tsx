import { useSyncExternalStore } from 'react';
import { connectionStore } from '../connection';
import { reasonOf } from '../graphql/reason';
import { texts } from '../texts';
import { retryNow, loadErrorsStore, type LoadError } from './loadErrors';

/** Returns why something could not be loaded. `undefined` if the connection status explains it already. */
export function useLoadError(what: string): LoadError | undefined {
  const loadError = useSyncExternalStore(loadErrorsStore.subscribe, loadErrorsStore.get).get(what);
  const connection = useSyncExternalStore(connectionStore.subscribe, connectionStore.get);
  return loadError?.failure.code === 'UNREACHABLE' && connection !== 'online' ? undefined : loadError;
}

/** Shows why something could not be loaded, in its place, with a button that retries at once. */
export function LoadErrorNote({ what, className }: { what: string; className: string }) {
  const loadError = useLoadError(what);
  if (!loadError) return null;
  return (
    <p className={`${className} load-error`} role="status">
      <span>{loadError.trying ? texts.loading : `${texts.notLoaded} ${reasonOf(loadError.failure)}`}</span>{' '}
      <button type="button" className="link" onClick={() => retryNow(what)}>
        {texts.retry}
      </button>
    </p>
  );
}
