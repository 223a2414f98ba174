import type { ReplySubscription } from '../graphql/generated';

/** A reply in progress. */
export interface Reply {
  /** Text of the current attempt so far. */
  readonly text: string;
  /** Text shown when the current attempt started, after the server that wrote it had stopped. */
  readonly previousText: string;
  /** Last cursor, for `reply(after:)`. */
  readonly cursor?: string;
  /** Number of the current attempt. */
  readonly attempt: number;
  readonly finished: boolean;
}

export const emptyReply: Reply = { text: '', previousText: '', attempt: 0, finished: false };

/** Applies an event: a snapshot replaces the text, a delta is appended, and the last event has the whole text again. */
export function applyEvent(reply: Reply, event: ReplySubscription['reply']): Reply {
  const { cursor } = event;
  switch (event.__typename) {
    case 'ReplySnapshot':
      return {
        ...reply,
        cursor,
        text: event.text,
        previousText: event.attempt === reply.attempt ? reply.previousText : visibleText(reply),
        attempt: event.attempt,
      };
    case 'ReplyDelta':
      return { ...reply, cursor, text: reply.text + event.text };
    case 'ReplyFinished':
      return { ...reply, cursor, text: event.message.content, previousText: '', finished: true };
  }
}

/** Returns the text to show. The previous text stays while a new attempt only repeats it, so that nothing vanishes. */
export function visibleText({ text, previousText }: Reply): string {
  return previousText.startsWith(text) ? previousText : text;
}
