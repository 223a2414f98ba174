import { createStore, isRecord } from '../store';

/** The reply a `sendMessage` has started last; the tabs that need its id take it from here. */
export const lastReplyStore = createStore<string | undefined>(undefined);

/** Looks for a new reply among the top-level fields of a mutation's result. */
export function learnReply(data: unknown): void {
  if (!isRecord(data)) return;
  for (const payload of Object.values(data)) {
    if (!isRecord(payload) || !isRecord(payload.reply)) continue;
    if (typeof payload.reply.id === 'string') lastReplyStore.set(payload.reply.id);
  }
}
