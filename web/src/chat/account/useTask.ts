import { useRef, useState } from 'react';
import { refusalOf, type Refusal } from '../graphql/refusal';

/**
 * Something that somebody asks for by a button: one at a time, however often it is pressed, and what came of it. The
 * button is not disabled meanwhile, or the focus would be lost.
 */
export function useTask() {
  const [busy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<Refusal>();
  const [done, setDone] = useState<string>();
  const running = useRef(false);

  /** The task may give a sentence that says it has been done. */
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
