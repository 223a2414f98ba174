import { createStore } from '../store';

/**
 * Whether what is shown is live.
 *
 *     connecting ─▶ online ◀─▶ reconnecting ─▶ refusedOrigin ─▶ online
 */
export type Connection = 'connecting' | 'online' | 'reconnecting' | 'refusedOrigin';

export const connectionStore = createStore<Connection>('connecting');
