import { createStore } from '../store';

/**
 * Whether what is shown is live.
 *
 *     connecting ─▶ online ◀─▶ reconnecting
 */
export type Connection = 'connecting' | 'online' | 'reconnecting';

export const connectionStore = createStore<Connection>('connecting');
