import { createStore } from '../../store';
import { refusalOf, type Refusal } from '../graphql/refusal';
import { pause } from '../pause';

/** Why something is still not there. */
export interface Trouble {
  readonly refusal: Refusal;
  /** Whether somebody has asked to try again, and it is under way. */
  readonly trying: boolean;
}

/** By what it is that cannot be loaded. */
export const troublesStore = createStore<ReadonlyMap<string, Trouble>>(new Map());

/** So many failures in a row are nobody's business: most things go through then. */
const QUIETLY = 2;

/** Those that wait before the next attempt. */
const resting = new Set<{ what: string; wake: () => void }>();

/**
 * Tries until it is done, for as long as it is wanted, and says meanwhile why it is not. Gives back the refusal after which
 * it is in vain to ask again, if there was one.
 */
export async function untilDone(what: string, wanted: () => boolean, task: () => Promise<void>): Promise<Refusal | undefined> {
  try {
    for (let attempt = 0; wanted(); attempt++) {
      try {
        await task();
        return undefined;
      } catch (error) {
        const refusal = refusalOf(error);
        if (refusal.final) return refusal;
        if (attempt >= QUIETLY) put(what, { refusal, trying: false });
        await rest(what, attempt);
      }
    }
    return undefined;
  } finally {
    put(what, undefined);
  }
}

/** At once, and not after the pause. */
export function tryAgain(what: string): void {
  const trouble = troublesStore.get().get(what);
  if (trouble) put(what, { ...trouble, trying: true });
  wake((resting) => resting.what === what);
}

/** Another user has troubles of their own; what is not wanted any more ends. */
export function forgetTroubles(): void {
  troublesStore.set(new Map());
  wake(() => true);
}

function wake(which: (one: { what: string }) => boolean): void {
  for (const one of resting) if (which(one)) one.wake();
}

async function rest(what: string, attempt: number): Promise<void> {
  let wake = () => {};
  const asked = new Promise<void>((resolve) => (wake = resolve));
  const one = { what, wake };
  resting.add(one);
  await Promise.race([pause(attempt), asked]);
  resting.delete(one);
}

function put(what: string, trouble: Trouble | undefined): void {
  const troubles = new Map(troublesStore.get());
  if (trouble) troubles.set(what, trouble);
  else if (!troubles.delete(what)) return;
  troublesStore.set(troubles);
}
