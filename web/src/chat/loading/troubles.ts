import { createStore } from '../../store';
import { refusalOf, type Refusal } from '../graphql/refusal';
import { pause } from '../pause';

/** A load that keeps failing. */
export interface Trouble {
  readonly refusal: Refusal;
  /** Whether a retry that the user asked for is in progress. */
  readonly trying: boolean;
}

/** The loads that keep failing, by name. */
export const troublesStore = createStore<ReadonlyMap<string, Trouble>>(new Map());

/** Number of failures in a row that are not shown. Most loads succeed by then. */
const QUIETLY = 2;

/** Loads that wait for their next attempt. */
const resting = new Set<{ what: string; wake: () => void }>();

/**
 * Retries a task until it succeeds or is not wanted any more, and publishes its failures. Returns the error if it is one
 * that no retry can fix.
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

/** Retries a load at once instead of after the pause. */
export function tryAgain(what: string): void {
  const trouble = troublesStore.get().get(what);
  if (trouble) put(what, { ...trouble, trying: true });
  wake((resting) => resting.what === what);
}

/** Removes all failures when the user changes, and wakes the waiting loads so that unwanted ones end. */
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
