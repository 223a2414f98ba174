import { useEffect, useSyncExternalStore } from 'react';
import { createStore } from '../../store';
import { execute } from '../graphql/client';
import { AlternativesDocument } from '../graphql/generated';
import { retryUntilDone } from '../loading/loadErrors';
import { sessionStore } from '../session/session';

/**
 * The alternatives of messages, oldest first, by message ID. All messages of a list share it, and it only grows: a new
 * alternative becomes visible, and its list is loaded then.
 */
const alternativesStore = createStore<ReadonlyMap<string, readonly string[]>>(new Map());

/** Maximum number of messages in one request. */
const MOST = 50;

const wanted = new Set<string>();
let loading = false;

/** Returns the alternatives of a message, including itself. Loads them if `branched`; `undefined` until then. */
export function useAlternatives(messageId: string, branched: boolean): readonly string[] | undefined {
  const alternatives = useSyncExternalStore(alternativesStore.subscribe, alternativesStore.get).get(messageId);
  useEffect(() => {
    if (!branched || alternatives) return;
    wanted.add(messageId);
    void load();
    return () => void wanted.delete(messageId);
  }, [messageId, branched, alternatives]);
  return alternatives;
}

/** Clears the lists after events may have been missed, and when the user signs out. */
export function forgetAlternatives(): void {
  alternativesStore.set(new Map());
}

/** Loads what is wanted, with one request at a time. */
async function load(): Promise<void> {
  if (loading) return;
  loading = true;
  // All messages that are rendered together are in one request.
  await Promise.resolve();
  const signedIn = () => sessionStore.get().status === 'signedIn';
  while (wanted.size > 0 && signedIn()) {
    const ids = [...wanted].slice(0, MOST);
    await retryUntilDone('alternatives', signedIn, async () => put((await execute(AlternativesDocument, { ids })).nodes));
    for (const id of ids) wanted.delete(id);
  }
  loading = false;
}

function put(nodes: readonly ({ alternatives?: readonly { id: string }[] } | null)[]): void {
  const all = new Map(alternativesStore.get());
  for (const node of nodes) {
    const ids = node?.alternatives?.map(({ id }) => id) ?? [];
    for (const id of ids) all.set(id, ids);
  }
  alternativesStore.set(all);
}
