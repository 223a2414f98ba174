import { useSyncExternalStore } from 'react';
import { connectionStore, GRACE_PERIOD, isLost } from '../connection';
import { silentStore } from '../graphql/socket';
import { inProgress, type Message } from '../messages/list';
import { useLate } from '../ui/useLate';
import { useReply } from './follow';
import { isInterrupted } from './reply';

/** Returns true if a reply in progress was interrupted, after a grace period in which most connections are back. */
export function useInterrupted(message: Message): boolean {
  const reply = useReply(message);
  const lost = isLost(useSyncExternalStore(connectionStore.subscribe, connectionStore.get));
  const silent = useSyncExternalStore(silentStore.subscribe, silentStore.get);
  const interrupted = inProgress(message) && (lost || silent || isInterrupted(reply));
  const late = useLate(interrupted, GRACE_PERIOD);
  // A connection is silent for longer than the grace period before it is reported.
  return interrupted && (silent || late);
}
