import { createStore } from '../../store';
import { toApiError, type ApiError } from '../graphql/apiError';
import { pause } from '../pause';

/** A load that keeps failing. */
export interface LoadError {
  readonly failure: ApiError;
  /** True while a retry that the user asked for is in progress. */
  readonly trying: boolean;
}

/** The loads that keep failing, by name. */
export const loadErrorsStore = createStore<ReadonlyMap<string, LoadError>>(new Map());

/** Number of failures in a row that are not shown. Most loads succeed by then. */
const QUIET_FAILURES = 2;

/** Loads that wait for their next attempt. */
const waiting = new Set<{ what: string; wake: () => void }>();

/**
 * Retries a task until it succeeds or is no longer wanted, and publishes its failures. Returns the error if it is one
 * that no retry can fix.
 */
export async function retryUntilDone(what: string, wanted: () => boolean, task: () => Promise<void>): Promise<ApiError | undefined> {
  try {
    for (let attempt = 0; wanted(); attempt++) {
      try {
        await task();
        return undefined;
      } catch (error) {
        const failure = toApiError(error);
        if (failure.permanent) return failure;
        if (attempt >= QUIET_FAILURES) put(what, { failure, trying: false });
        await waitForRetry(what, attempt);
      }
    }
    return undefined;
  } finally {
    put(what, undefined);
  }
}

/** Retries a load at once instead of after the pause. */
export function retryNow(what: string): void {
  const loadError = loadErrorsStore.get().get(what);
  if (loadError) put(what, { ...loadError, trying: true });
  wake((waiting) => waiting.what === what);
}

/** Removes all failures when the user changes, and wakes the waiting loads so that unwanted ones end. */
export function clearLoadErrors(): void {
  loadErrorsStore.set(new Map());
  wake(() => true);
}

function wake(which: (one: { what: string }) => boolean): void {
  for (const one of waiting) if (which(one)) one.wake();
}

async function waitForRetry(what: string, attempt: number): Promise<void> {
  let wake = () => {};
  const asked = new Promise<void>((resolve) => (wake = resolve));
  const one = { what, wake };
  waiting.add(one);
  await Promise.race([pause(attempt), asked]);
  waiting.delete(one);
}

function put(what: string, loadError: LoadError | undefined): void {
  const errors = new Map(loadErrorsStore.get());
  if (loadError) errors.set(what, loadError);
  else if (!errors.delete(what)) return;
  loadErrorsStore.set(errors);
}
