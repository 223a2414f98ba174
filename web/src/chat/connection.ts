import { createStore } from '../store';

/**
 * State of the live connection.
 *
 *     connecting ─▶ online ◀─▶ reconnecting ─▶ refusedOrigin ─▶ online
 */
export type Connection = 'connecting' | 'online' | 'reconnecting' | 'refusedOrigin';

export const connectionStore = createStore<Connection>('connecting');

/** Time for which a lost connection is not reported, in milliseconds. */
export const GRACE_PERIOD = 1_500;

/** Returns true if the page has had a connection, or has tried to connect, and is not connected. */
export function isLost(connection: Connection): boolean {
  return connection === 'reconnecting' || connection === 'refusedOrigin';
}
