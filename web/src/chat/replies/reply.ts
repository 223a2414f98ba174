import type { ReplySubscription } from '../graphql/generated';

/** A reply as it is written. */
export interface Reply {
  /** What this attempt has said so far. */
  readonly text: string;
  /** What was there when this attempt began: the server that wrote it is gone, and another has begun anew. */
  readonly before: string;
  /** Where we are, for `reply(after:)`. */
  readonly cursor?: string;
  /** Which attempt the text is of. */
  readonly attempt: number;
  readonly finished: boolean;
}

export const noReply: Reply = { text: '', before: '', attempt: 0, finished: false };

/** This is all a client has to do: a snapshot replaces the text, a delta is appended, and the end has it once more. */
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

/** What to show: as long as a new attempt only says again what was there, that stays, so that nobody sees it vanish. */
export function shownOf({ text, before }: Reply): string {
  return before.startsWith(text) ? before : text;
}
