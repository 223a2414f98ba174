import { useSyncExternalStore } from 'react';
import { connectionStore } from '../connection';
import { reasonOf } from '../graphql/reason';
import { texts } from '../texts';
import { tryAgain, troublesStore, type Trouble } from './troubles';

/** Returns why something could not be loaded. `undefined` if the connection status explains it already. */
export function useTrouble(what: string): Trouble | undefined {
  const trouble = useSyncExternalStore(troublesStore.subscribe, troublesStore.get).get(what);
  const connection = useSyncExternalStore(connectionStore.subscribe, connectionStore.get);
  return trouble?.refusal.code === 'UNREACHABLE' && connection !== 'online' ? undefined : trouble;
}

/** Shows why something could not be loaded, in its place, with a button that retries at once. */
export function TroubleNote({ what, className }: { what: string; className: string }) {
  const trouble = useTrouble(what);
  if (!trouble) return null;
  return (
    <p className={`${className} trouble`} role="status">
      <span>{trouble.trying ? texts.loading : `${texts.notLoaded} ${reasonOf(trouble.refusal)}`}</span>{' '}
      <button type="button" className="link" onClick={() => tryAgain(what)}>
        {texts.retry}
      </button>
    </p>
  );
}
