import { createStore, isRecord } from '../store';

/** ID of the reply that the last `sendMessage` started, for the tabs that need it. */
export const lastReplyStore = createStore<string | undefined>(undefined);

/** Remembers the reply if a top-level field of a mutation's result has one. */
export function recordReply(data: unknown): void {
  if (!isRecord(data)) return;
  for (const payload of Object.values(data)) {
    if (!isRecord(payload) || !isRecord(payload.reply)) continue;
    if (typeof payload.reply.id === 'string') lastReplyStore.set(payload.reply.id);
  }
}
