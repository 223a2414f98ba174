import { createStore } from '../../store';
import { reasonOf } from '../graphql/reason';
import { refusalOf } from '../graphql/refusal';
import { texts } from '../texts';

/** Something the page has to say that belongs to no place in it. */
export interface Notice {
  readonly id: number;
  readonly text: string;
  readonly action?: { readonly label: string; readonly run: () => void };
}

/** What is being said, the oldest first. */
export const noticesStore = createStore<readonly Notice[]>([]);

/** How long one stays that nobody takes away, in milliseconds. */
const LASTS = 10_000;
/** More than these would cover the page. */
const MOST = 3;

/** Nobody looks at one for longer, in milliseconds. */
const HELD = 3_600_000;

let last = 0;

interface Time {
  /** How long it stays if nobody looks at it, in milliseconds. */
  readonly lasts: number;
  /** Hears until when it stays, in milliseconds by this device's clock; anew, each time that changes. */
  readonly until?: (due: number) => void;
  /** What is done then. */
  readonly over: () => void;
}

const times = new Map<number, Time & { timer?: ReturnType<typeof setTimeout> }>();

/** Says something for a while. One with an action and no time is taken away by whoever knows how long that can be done. */
export function notify(text: string, { action, time }: Pick<Notice, 'action'> & { time?: Time } = {}): number {
  const id = ++last;
  const others = noticesStore.get().filter((notice) => notice.text !== text);
  noticesStore.set([...others, { id, text, action }].slice(-MOST));
  if (time) times.set(id, { ...time });
  else if (!action) times.set(id, { lasts: LASTS, over: () => dismiss(id) });
  letGo(id);
  return id;
}

/** Somebody is at it: it does not go before they let go. */
export function hold(id: number): void {
  const time = times.get(id);
  clearTimeout(time?.timer);
  time?.until?.(Date.now() + HELD);
}

/** Its time begins, anew if somebody was at it. */
export function letGo(id: number): void {
  const time = times.get(id);
  if (!time) return;
  clearTimeout(time.timer);
  time.timer = setTimeout(time.over, time.lasts);
  time.until?.(Date.now() + time.lasts);
}

/** Says why something was not done; of a change that was shown already, why it has been taken back. */
export function notifyRefusal(error: unknown, what: string = texts.notSaved): void {
  // Who has been signed out sees that, and whoever signs in next has nothing to do with it.
  if (refusalOf(error).code !== 'UNAUTHENTICATED') notify(`${what} ${reasonOf(error)}`);
}

export function dismiss(id: number | undefined): void {
  if (id === undefined) return;
  clearTimeout(times.get(id)?.timer);
  times.delete(id);
  const notices = noticesStore.get();
  if (notices.some((notice) => notice.id === id)) noticesStore.set(notices.filter((notice) => notice.id !== id));
}
