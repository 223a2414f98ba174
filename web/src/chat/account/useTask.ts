import { useRef, useState } from 'react';
import { refusalOf, type Refusal } from '../graphql/refusal';

/**
 * Runs the action of a button, one run at a time, and holds its result. The button is not disabled meanwhile, because it
 * would lose the focus.
 */
export function useTask() {
  const [busy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<Refusal>();
  const [done, setDone] = useState<string>();
  const running = useRef(false);

  /** Runs the task, which may return a text that reports success. Returns the error if it fails. */
  async function run(task: () => Promise<string | void>): Promise<Refusal | undefined> {
    if (running.current) return;
    running.current = true;
    setBusy(true);
    setRefusal(undefined);
    setDone(undefined);
    try {
      setDone((await task()) ?? undefined);
    } catch (error) {
      const refused = refusalOf(error);
      setRefusal(refused);
      return refused;
    } finally {
      running.current = false;
      setBusy(false);
    }
  }

  return { busy, refusal, done, run };
}
