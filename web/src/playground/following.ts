import { createStore, isRecord } from '../store';

/**
 * The socket of a subscription.
 *
 *     connecting ─▶ open ─▶ closed
 *          ▲─ waiting ◀┘
 */
export interface Socket {
  state: 'connecting' | 'open' | 'waiting' | 'closed';
  /** Of the last close. */
  code?: number;
  reason?: string;
  /** Whether it has been open before. */
  again?: boolean;
  /** The cursor after which the subscription went on then. */
  after?: string;
}

export type Entry = { id: number; at: Date } & (
  | { kind: 'event'; name: string; cursor?: string; payload: unknown }
  | { kind: 'socket'; socket: Socket }
);

/** What has come of the last subscription. */
export interface Following {
  socket: Socket;
  /** The newest first, and no more than {@link MOST}. */
  entries: readonly Entry[];
  /** How many events there were, those that are not listed any more included. */
  events: number;
  /** Of the last event that had one. */
  cursor?: string;
  /** The text of a reply, gathered from its events. */
  text?: string;
  /** Whether that was the finished message's content, to the letter. */
  complete?: boolean;
}

export const MOST = 200;

export const followingStore = createStore<Following | undefined>(undefined);

export function begin(): void {
  followingStore.set({ socket: { state: 'connecting' }, entries: [], events: 0 });
}

export function noteSocket(socket: Socket): void {
  const following = followingStore.get();
  if (following) followingStore.set(withSocket(following, socket, new Date()));
}

/** There is nothing to come: it is not opened again. */
export function noteEnd(): void {
  const following = followingStore.get();
  if (following) followingStore.set({ ...following, socket: { ...following.socket, state: 'closed' } });
}

export function noteEvent(payload: unknown): void {
  const following = followingStore.get();
  if (following) followingStore.set(withEvent(following, payload, new Date()));
}

/** Connecting takes no time worth a line: it is shown while it lasts. */
export function withSocket(following: Following, socket: Socket, at: Date): Following {
  const listed = socket.state === 'open' || socket.code !== undefined;
  const entries = listed ? listedWith(following, { id: 0, at, kind: 'socket', socket }) : following.entries;
  return { ...following, socket, entries };
}

/** With the next result of the subscription. */
export function withEvent(following: Following, payload: unknown, at: Date): Following {
  const [field, event] = rootOf(payload);
  const name = isRecord(event) && typeof event.__typename === 'string' ? event.__typename : field;
  const cursor = isRecord(event) && typeof event.cursor === 'string' ? event.cursor : undefined;
  return {
    ...following,
    ...gathered(following, event),
    events: following.events + 1,
    cursor: cursor ?? following.cursor,
    entries: listedWith(following, { id: 0, at, kind: 'event', name, cursor, payload }),
  };
}

/** The newest are kept. */
function listedWith({ entries }: Following, entry: Entry): Entry[] {
  return [{ ...entry, id: (entries[0]?.id ?? 0) + 1 }, ...entries.slice(0, MOST - 1)];
}

/** A subscription has one root field. */
function rootOf(payload: unknown): [name: string, event: unknown] {
  if (!isRecord(payload)) return ['?', undefined];
  const [entry] = Object.entries(isRecord(payload.data) ? payload.data : {});
  return entry ?? [payload.errors ? 'errors' : '?', undefined];
}

/**
 * This is all that a client has to do to have a reply's text: a snapshot replaces it, and a delta is appended. The finished
 * message has it once more. Who begins after a cursor of before has no snapshot, and so no whole text.
 */
function gathered({ text }: Following, event: unknown): Pick<Following, 'text' | 'complete'> {
  if (!isRecord(event)) return {};
  if (event.__typename === 'ReplySnapshot') return typeof event.text === 'string' ? { text: event.text } : {};
  if (text === undefined) return {};
  if (event.__typename === 'ReplyDelta') return typeof event.text === 'string' ? { text: text + event.text } : {};
  if (event.__typename !== 'ReplyFinished' || !isRecord(event.message)) return {};
  return typeof event.message.content === 'string' ? { complete: event.message.content === text } : {};
}
