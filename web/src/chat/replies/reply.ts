import type { ReplySubscription } from '../graphql/generated';

/** A reply in progress. */
export interface Reply {
  /** Text of the current attempt so far. */
  readonly text: string;
  /** Text shown when the current attempt started, after the server that wrote it had stopped. */
  readonly before: string;
  /** Last cursor, for `reply(after:)`. */
  readonly cursor?: string;
  /** Number of the current attempt. */
  readonly attempt: number;
  readonly finished: boolean;
}

export const noReply: Reply = { text: '', before: '', attempt: 0, finished: false };

/** Applies an event: a snapshot replaces the text, a delta is appended, and the last event has the whole text again. */
export function afterEvent(reply: Reply, event: ReplySubscription['reply']): Reply {
  const { cursor } = event;
  switch (event.__typename) {
    case 'ReplySnapshot':
      return {
        ...reply,
        cursor,
        text: event.text,
        before: event.attempt === reply.attempt ? reply.before : shownOf(reply),
        attempt: event.attempt,
      };
    case 'ReplyDelta':
      return { ...reply, cursor, text: reply.text + event.text };
    case 'ReplyFinished':
      return { ...reply, cursor, text: event.message.content, before: '', finished: true };
  }
}

/** Returns the text to show. The previous text stays while a new attempt only repeats it, so that nothing vanishes. */
export function shownOf({ text, before }: Reply): string {
  return before.startsWith(text) ? before : text;
}
