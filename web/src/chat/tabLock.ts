/** Timeout for the lock of another tab, in milliseconds. The browser may have frozen the tab that holds it. */
const LOCK_TIMEOUT = 20_000;

/**
 * Runs a task under a lock that all tabs share. The task runs without the lock if the browser has no locks (plain HTTP)
 * or another tab does not release it. So the task must be safe to run twice; the lock only avoids duplicate work.
 */
export async function withTabLock<T>(name: string, task: () => Promise<T>): Promise<T> {
  if (!navigator.locks) return task();
  const waiting = new AbortController();
  const timer = setTimeout(() => waiting.abort(), LOCK_TIMEOUT);
  let started = false;
  try {
    return await navigator.locks.request(name, { signal: waiting.signal }, () => {
      started = true;
      clearTimeout(timer);
      return task();
    });
  } catch (error) {
    if (started) throw error;
    return task();
  } finally {
    clearTimeout(timer);
  }
}
