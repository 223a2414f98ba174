import type { ReplySubscription } from '../graphql/generated';

/** A reply as it is written. */
export interface Reply {
  readonly text: string;
  /** Where we are, for `reply(after:)`. */
  readonly cursor?: string;
  /** Which attempt the text is of. */
  readonly attempt: number;
  readonly finished: boolean;
}

export const noReply: Reply = { text: '', attempt: 0, finished: false };

/** This is all a client has to do: a snapshot replaces the text, a delta is appended, and the end has it once more. */
export function afterEvent(reply: Reply, event: ReplySubscription['reply']): Reply {
  const { cursor } = event;
  switch (event.__typename) {
    case 'ReplySnapshot':
      return { ...reply, cursor, text: event.text, attempt: event.attempt };
    case 'ReplyDelta':
      return { ...reply, cursor, text: reply.text + event.text };
    case 'ReplyFinished':
      return { ...reply, cursor, text: event.message.content, finished: true };
  }
}
