import { createStore } from '../../store';
import { reasonOf } from '../graphql/reason';
import { refusalOf } from '../graphql/refusal';
import { texts } from '../texts';

/** A message to the user that belongs to no particular part of the page. */
export interface Notice {
  readonly id: number;
  readonly text: string;
  readonly action?: { readonly label: string; readonly run: () => void };
}

/** The notices on the page, oldest first. */
export const noticesStore = createStore<readonly Notice[]>([]);

/** How long a notice without an action stays, in milliseconds. */
const LASTS = 10_000;
/** Maximum number of notices. More would cover the page. */
const MOST = 3;

/** Deadline that is reported while a notice is held, from now, in milliseconds. */
const HELD = 3_600_000;

let last = 0;

interface Time {
  /** How long the notice stays unless it is held, in milliseconds. */
  readonly lasts: number;
  /** Called with the deadline whenever it changes, in milliseconds by this device's clock. */
  readonly until?: (due: number) => void;
  /** Called when the time is up. */
  readonly over: () => void;
}

const times = new Map<number, Time & { timer?: ReturnType<typeof setTimeout> }>();

/** Shows a notice. One with an action and no lifetime stays until it is dismissed. */
export function notify(text: string, { action, time }: Pick<Notice, 'action'> & { time?: Time } = {}): number {
  const id = ++last;
  const others = noticesStore.get().filter((notice) => notice.text !== text);
  noticesStore.set([...others, { id, text, action }].slice(-MOST));
  if (time) times.set(id, { ...time });
  else if (!action) times.set(id, { lasts: LASTS, over: () => dismiss(id) });
  letGo(id);
  return id;
}

/** Keeps a notice from expiring while the pointer or the focus is on it. */
export function hold(id: number): void {
  const time = times.get(id);
  clearTimeout(time?.timer);
  time?.until?.(Date.now() + HELD);
}

/** Starts the lifetime of a notice, from the beginning if it was held. */
export function letGo(id: number): void {
  const time = times.get(id);
  if (!time) return;
  clearTimeout(time.timer);
  time.timer = setTimeout(time.over, time.lasts);
  time.until?.(Date.now() + time.lasts);
}

/** Reports why something failed. If a change was shown already, this explains why it has been reverted. */
export function notifyRefusal(error: unknown, what: string = texts.notSaved): void {
  // A user who was signed out sees that already, and the next user must not see this error.
  if (refusalOf(error).code !== 'UNAUTHENTICATED') notify(`${what} ${reasonOf(error)}`);
}

export function dismiss(id: number | undefined): void {
  if (id === undefined) return;
  clearTimeout(times.get(id)?.timer);
  times.delete(id);
  const notices = noticesStore.get();
  if (notices.some((notice) => notice.id === id)) noticesStore.set(notices.filter((notice) => notice.id !== id));
}
