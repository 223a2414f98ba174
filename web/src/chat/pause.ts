const LONGEST = 10_000;

/** Waits before the next attempt: longer each time, up to ten seconds, or until the network is back or the tab is shown. */
export function pause(attempt: number): Promise<void> {
  const time = Math.min(LONGEST, 300 * 2 ** attempt) * (0.5 + Math.random() / 2);
  return new Promise((resolve) => {
    const timer = setTimeout(done, time);
    addEventListener('online', done);
    document.addEventListener('visibilitychange', seen);
    function seen() {
      if (!document.hidden) done();
    }
    function done() {
      clearTimeout(timer);
      removeEventListener('online', done);
      document.removeEventListener('visibilitychange', seen);
      resolve();
    }
  });
}
