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
  /** True from a connection that was lost while text was arriving until the next event. */
  readonly brokenOff: boolean;
  readonly finished: boolean;
}

export const emptyReply: Reply = { text: '', previousText: '', attempt: 0, brokenOff: false, finished: false };

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
        brokenOff: false,
      };
    case 'ReplyDelta':
      return { ...reply, cursor, text: reply.text + event.text, brokenOff: false };
    case 'ReplyFinished':
      return { ...reply, cursor, text: event.message.content, previousText: '', brokenOff: false, finished: true };
  }
}

/**
 * Returns true if a connected page knows that the reply was interrupted and shows nothing new yet. Either the text stopped
 * with the connection and has not continued: a server that still writes would send what is missing at once. Or a new
 * attempt has begun and has not passed the text of the previous one.
 */
export function isInterrupted(reply: Reply): boolean {
  const { attempt, brokenOff, text } = reply;
  return brokenOff || (attempt > 1 && (text === '' || visibleText(reply) !== text));
}

/** Returns the text to show. The previous text stays while a new attempt only repeats it, so that nothing vanishes. */
export function visibleText({ text, previousText }: Reply): string {
  return previousText.startsWith(text) ? previousText : text;
}
