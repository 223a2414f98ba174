import { createStore, isRecord } from '../store';

/**
 * State of a subscription's WebSocket.
 *
 *     connecting ─▶ open ─▶ closed
 *          ▲─ waiting ◀┘
 */
export interface Socket {
  state: 'connecting' | 'open' | 'waiting' | 'closed';
  /** Code of the last close. */
  code?: number;
  reason?: string;
  /** True if it was open before. */
  again?: boolean;
  /** Cursor after which the subscription resumed. */
  after?: string;
}

export type Entry = { id: number; at: Date } & (
  | { kind: 'event'; name: string; cursor?: string; payload: unknown }
  | { kind: 'socket'; socket: Socket }
);

/** Everything received by the last subscription. */
export interface SubscriptionLog {
  socket: Socket;
  /** Newest first, at most {@link MOST}. */
  entries: readonly Entry[];
  /** Number of all events, including those that are no longer listed. */
  events: number;
  /** Cursor of the last event that had one. */
  cursor?: string;
  /** Text of the reply, assembled from its events. */
  text?: string;
  /** True if that text equals the finished message's content. */
  complete?: boolean;
}

export const MOST = 200;

export const subscriptionLogStore = createStore<SubscriptionLog | undefined>(undefined);

export function startLog(): void {
  subscriptionLogStore.set({ socket: { state: 'connecting' }, entries: [], events: 0 });
}

export function logSocket(socket: Socket): void {
  const log = subscriptionLogStore.get();
  if (log) subscriptionLogStore.set(withSocket(log, socket, new Date()));
}

/** Notes that the subscription has ended and does not reconnect. */
export function logEnd(): void {
  const log = subscriptionLogStore.get();
  if (log) subscriptionLogStore.set({ ...log, socket: { ...log.socket, state: 'closed' } });
}

export function logEvent(payload: unknown): void {
  const log = subscriptionLogStore.get();
  if (log) subscriptionLogStore.set(withEvent(log, payload, new Date()));
}

/** Adds a state of the socket. Connecting is not listed, only shown while it lasts. */
export function withSocket(log: SubscriptionLog, socket: Socket, at: Date): SubscriptionLog {
  const listed = socket.state === 'open' || socket.code !== undefined;
  const entries = listed ? listedWith(log, { id: 0, at, kind: 'socket', socket }) : log.entries;
  return { ...log, socket, entries };
}

/** Adds the next result of the subscription. */
export function withEvent(log: SubscriptionLog, payload: unknown, at: Date): SubscriptionLog {
  const [field, event] = rootOf(payload);
  const name = isRecord(event) && typeof event.__typename === 'string' ? event.__typename : field;
  const cursor = isRecord(event) && typeof event.cursor === 'string' ? event.cursor : undefined;
  return {
    ...log,
    ...assembled(log, event),
    events: log.events + 1,
    cursor: cursor ?? log.cursor,
    entries: listedWith(log, { id: 0, at, kind: 'event', name, cursor, payload }),
  };
}

/** Adds an entry, and drops the oldest one if the list is full. */
function listedWith({ entries }: SubscriptionLog, entry: Entry): Entry[] {
  return [{ ...entry, id: (entries[0]?.id ?? 0) + 1 }, ...entries.slice(0, MOST - 1)];
}

/** Returns the only root field of a subscription's result. */
function rootOf(payload: unknown): [name: string, event: unknown] {
  if (!isRecord(payload)) return ['?', undefined];
  const [entry] = Object.entries(isRecord(payload.data) ? payload.data : {});
  return entry ?? [payload.errors ? 'errors' : '?', undefined];
}

/**
 * Assembles the text of a reply as any client would: a snapshot replaces the text, a delta is appended. The finished
 * message has the whole text again. A subscription that starts after an earlier cursor gets no snapshot, so its text
 * is incomplete.
 */
function assembled({ text }: SubscriptionLog, event: unknown): Pick<SubscriptionLog, 'text' | 'complete'> {
  if (!isRecord(event)) return {};
  if (event.__typename === 'ReplySnapshot') return typeof event.text === 'string' ? { text: event.text } : {};
  if (text === undefined) return {};
  if (event.__typename === 'ReplyDelta') return typeof event.text === 'string' ? { text: text + event.text } : {};
  if (event.__typename !== 'ReplyFinished' || !isRecord(event.message)) return {};
  return typeof event.message.content === 'string' ? { complete: event.message.content === text } : {};
}
