import type { PartKind, ReplySubscription, ToolCallFieldsFragment } from '../graphql/generated';

type Event = ReplySubscription['reply'];

/** A piece of what the model wrote. A source has its address as text, and its title as name. A tool call has no text. */
export interface Part {
  readonly index: number;
  readonly kind: PartKind;
  readonly text: string;
  readonly name?: string | null;
  readonly toolCall?: ToolCallFieldsFragment | null;
}

/** A reply in progress. */
export interface Reply {
  /** Parts of the current attempt so far. */
  readonly parts: readonly Part[];
  /** Text of the current attempt so far. */
  readonly text: string;
  /** Text shown when the current attempt started, after the server that wrote it had stopped. */
  readonly previousText: string;
  /** Time that the model has spent on reasoning, in milliseconds. `NaN` if the page has not seen all of it. */
  readonly thoughtFor: number;
  /** Since when the model reasons; `undefined` if it writes. */
  readonly thinkingSince?: number;
  /** Last cursor, for `reply(after:)`. */
  readonly cursor?: string;
  /** Number of the current attempt. */
  readonly attempt: number;
  /** True from a connection that was lost while text was arriving until the next event. */
  readonly brokenOff: boolean;
  readonly finished: boolean;
}

export const emptyReply: Reply = { parts: [], text: '', previousText: '', thoughtFor: 0, attempt: 0, brokenOff: false, finished: false };

/**
 * Applies an event: a snapshot replaces the parts, a delta is appended, and the last event has the whole text again.
 * `now` is the time of the event, in milliseconds.
 */
export function applyEvent(reply: Reply, event: Event, now = performance.now()): Reply {
  const { cursor } = event;
  switch (event.__typename) {
    case 'ReplySnapshot': {
      const parts = event.parts.flatMap(toPart);
      const begun = event.attempt === reply.attempt ? reply : begin(reply, event.attempt, parts);
      return withParts({ ...begun, cursor }, parts, now);
    }
    case 'ReplyDelta':
      return withParts({ ...reply, cursor }, event.parts.reduce(appended, reply.parts), now);
    case 'ReplyFinished': {
      const finished = withParts(reply, reply.parts, now, true);
      return { ...finished, cursor, text: event.message.content, previousText: '', finished: true };
    }
  }
}

/** Begins an attempt. The page has not seen how the reasoning of a later attempt began. */
function begin(reply: Reply, attempt: number, parts: readonly Part[]): Reply {
  const seen = reply.attempt === 0 ? reply.thoughtFor : NaN;
  const thoughtFor = joined(parts, 'REASONING') ? seen : 0;
  return { ...reply, attempt, previousText: visibleText(reply), thoughtFor, thinkingSince: undefined };
}

function withParts(reply: Reply, parts: readonly Part[], now: number, ended = false): Reply {
  const thinks = !ended && parts.at(-1)?.kind === 'REASONING';
  const { thinkingSince } = reply;
  const stops = !thinks && thinkingSince !== undefined;
  return {
    ...reply,
    parts,
    text: joined(parts, 'TEXT'),
    thinkingSince: thinks ? (thinkingSince ?? now) : undefined,
    thoughtFor: reply.thoughtFor + (stops ? now - thinkingSince : 0),
    brokenOff: false,
  };
}

/** Returns the text of all parts of a kind. */
export function joined(parts: readonly Part[], kind: PartKind): string {
  const separator = kind === 'REASONING' ? '\n\n' : '';
  return parts.filter((part) => part.kind === kind).map(({ text }) => text).join(separator);
}

function appended(parts: readonly Part[], delta: Part): readonly Part[] {
  const at = parts.findIndex(({ index }) => index === delta.index);
  if (at < 0) return [...parts, delta];
  const { text, toolCall } = parts[at]!;
  return parts.with(at, { ...parts[at]!, text: text + delta.text, toolCall: delta.toolCall ?? toolCall });
}

/** Returns a part of a snapshot; nothing for a kind that the page does not know. */
function toPart(part: (Event & { __typename: 'ReplySnapshot' })['parts'][number]): Part[] {
  const { index } = part;
  switch (part.__typename) {
    case 'TextPart':
      return [{ index, kind: 'TEXT', text: part.text }];
    case 'ReasoningPart':
      return [{ index, kind: 'REASONING', text: part.text }];
    case 'SourcePart':
      return [{ index, kind: 'SOURCE', text: part.url, name: part.title }];
    case 'ToolCallPart':
      return [{ index, kind: 'TOOL_CALL', text: '', toolCall: part }];
    default:
      return [];
  }
}

/** Notes a lost connection: the page does not see how long the model thinks meanwhile. */
export function unseen(reply: Reply): Reply {
  return reply.text === '' ? { ...reply, thoughtFor: NaN } : reply;
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
