import { createStore, isRecord } from '../store';

/** The reply a `sendMessage` has started last; the tabs that need its id take it from here. */
export const lastReplyStore = createStore<string | undefined>(undefined);

/** The text of the reply being watched; the response pane shows single events only. */
export const watchedTextStore = createStore<string | undefined>(undefined);

/** Looks for a new reply among the top-level fields of a mutation's result. */
export function learnReply(data: unknown): void {
  if (!isRecord(data)) return;
  for (const payload of Object.values(data)) {
    if (!isRecord(payload) || !isRecord(payload.reply)) continue;
    if (typeof payload.reply.id === 'string') lastReplyStore.set(payload.reply.id);
  }
}

/**
 * Follows the events of a `reply` subscription. This is all a client has to do: a snapshot replaces the text, a delta is
 * appended, and the finished message has the same text once more.
 */
export function followReply(data: unknown): void {
  if (!isRecord(data)) return;
  for (const event of Object.values(data)) {
    if (!isRecord(event)) continue;
    switch (event.__typename) {
      case 'ReplySnapshot':
        watchedTextStore.set(String(event.text ?? ''));
        break;
      case 'ReplyDelta':
        watchedTextStore.set((watchedTextStore.get() ?? '') + String(event.text ?? ''));
        break;
      case 'ReplyFinished':
        if (isRecord(event.message) && typeof event.message.content === 'string') {
          watchedTextStore.set(event.message.content);
        }
    }
  }
}
