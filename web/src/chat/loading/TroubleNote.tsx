import { useSyncExternalStore } from 'react';
import { connectionStore } from '../connection';
import { reasonOf } from '../graphql/reason';
import { texts } from '../texts';
import { tryAgain, troublesStore, type Trouble } from './troubles';

/** Why something is not there; nothing where the line about the connection says so already. */
export function useTrouble(what: string): Trouble | undefined {
  const trouble = useSyncExternalStore(troublesStore.subscribe, troublesStore.get).get(what);
  const connection = useSyncExternalStore(connectionStore.subscribe, connectionStore.get);
  return trouble?.refusal.code === 'UNREACHABLE' && connection !== 'online' ? undefined : trouble;
}

/** The reason, in the place of what it is the reason for, and a button for whoever does not want to wait. */
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
