import { execute } from '../graphql/client';
import { RateReplyDocument, type Rating } from '../graphql/generated';
import { withUpdates, type Message } from '../messages/list';
import { change } from '../state';
import { texts } from '../texts';
import { notifyFailure } from '../ui/notices';

/** The last request. Each waits for the one before it, so that the last rating wins. */
let last = Promise.resolve();

/** Rates a reply; `null` removes the rating. It is shown at once, and reverted if the server refuses it. */
export function rate(conversationId: string, message: Message, rating: Rating | null, note: string | null = null): Promise<void> {
  show(conversationId, { ...message, rating, ratingNote: note });
  last = last.then(async () => {
    try {
      const input = { messageId: message.id, rating, note };
      await execute(RateReplyDocument, { input });
    } catch (error) {
      show(conversationId, message);
      notifyFailure(error, texts.notRated);
    }
  });
  return last;
}

function show(conversationId: string, message: Message): void {
  change((state) => {
    const list = state.messages[conversationId];
    return list ? { ...state, messages: { ...state.messages, [conversationId]: withUpdates(list, message) } } : state;
  });
}
