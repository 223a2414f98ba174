import { createStore } from '../store';

/**
 * State of the live connection.
 *
 *     connecting ─▶ online ◀─▶ reconnecting ─▶ refusedOrigin ─▶ online
 */
export type Connection = 'connecting' | 'online' | 'reconnecting' | 'refusedOrigin';

export const connectionStore = createStore<Connection>('connecting');
