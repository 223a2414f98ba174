/** Time between two ticks, in milliseconds. */
export const TICK = 500;
/** Number of quiet ticks after which the server is asked for a sign of life. */
const PING_AFTER = 2;
/** Number of quiet ticks after which the connection counts as silent. */
const SILENT_AFTER = 5;

/**
 * Detects within three seconds that an open connection passes nothing on. A server answers pings at once, even while its
 * model thinks, so a slow model is not reported.
 *
 * It counts ticks instead of comparing times. A page that was busy or throttled gets its messages before many ticks.
 */
export function detectSilence(ping: () => void, report: (silent: boolean) => void) {
  let quiet = 0;
  return {
    /** To be called for every message of the server. */
    heard() {
      if (quiet >= SILENT_AFTER) report(false);
      quiet = 0;
    },
    /** To be called every {@link TICK}. */
    tick() {
      quiet++;
      if (quiet === PING_AFTER) ping();
      if (quiet === SILENT_AFTER) report(true);
    },
  };
}
