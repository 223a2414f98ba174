import { useRef, useState } from 'react';
import { toApiError, type ApiError } from '../graphql/apiError';

/**
 * Runs the action of a button, one run at a time, and holds its result. The button is not disabled meanwhile, because it
 * would lose the focus.
 */
export function useTask() {
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<ApiError>();
  const [done, setDone] = useState<string>();
  const running = useRef(false);

  /** Runs the task, which may return a text that reports success. Returns the error if it fails. */
  async function run(task: () => Promise<string | void>): Promise<ApiError | undefined> {
    if (running.current) return;
    running.current = true;
    setBusy(true);
    setFailure(undefined);
    setDone(undefined);
    try {
      setDone((await task()) ?? undefined);
    } catch (error) {
      const refused = toApiError(error);
      setFailure(refused);
      return refused;
    } finally {
      running.current = false;
      setBusy(false);
    }
  }

  return { busy, failure, done, run };
}
