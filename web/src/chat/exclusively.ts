/** How long to wait for another tab, in milliseconds: the browser may have frozen it, and what it holds with it. */
const PATIENCE = 20_000;

/**
 * Runs a task while no other tab runs one of that name. Where there are no locks (plain HTTP), or another tab does not come
 * to an end, it runs all the same: what is done by this is safe to be done twice, only better once.
 */
export async function exclusively<T>(name: string, task: () => Promise<T>): Promise<T> {
  if (!navigator.locks) return task();
  const waiting = new AbortController();
  const timer = setTimeout(() => waiting.abort(), PATIENCE);
  let begun = false;
  try {
    return await navigator.locks.request(name, { signal: waiting.signal }, () => {
      begun = true;
      clearTimeout(timer);
      return task();
    });
  } catch (error) {
    if (begun) throw error;
    return task();
  } finally {
    clearTimeout(timer);
  }
}
