import { createStore } from '../../store';
import { reasonOf } from '../graphql/reason';
import { toApiError } from '../graphql/apiError';
import { texts } from '../texts';

/** A message to the user that belongs to no particular part of the page. */
export interface Notice {
  readonly id: number;
  readonly text: string;
  readonly action?: { readonly label: string; readonly run: () => void };
}

/** The notices on the page, oldest first. */
export const noticesStore = createStore<readonly Notice[]>([]);

/** Lifetime of a notice without an action, in milliseconds. */
const DURATION = 10_000;
/** Maximum number of notices. More would cover the page. */
const MOST = 3;

/** Deadline that is reported while a notice is held, from now, in milliseconds. */
const HELD_DEADLINE = 3_600_000;

let last = 0;

export interface Lifetime {
  /** Time until the notice expires, unless it is held, in milliseconds. */
  readonly duration: number;
  /** Called with the deadline whenever it changes, in milliseconds by this device's clock. */
  readonly onDeadline?: (due: number) => void;
  /** Called when the time is up. */
  readonly onExpire: () => void;
}

const lifetimes = new Map<number, Lifetime & { timer?: ReturnType<typeof setTimeout> }>();

/** Shows a notice. One with an action and no lifetime stays until it is dismissed. */
export function notify(text: string, { action, lifetime }: Pick<Notice, 'action'> & { lifetime?: Lifetime } = {}): number {
  const id = ++last;
  const others = noticesStore.get().filter((notice) => notice.text !== text);
  noticesStore.set([...others, { id, text, action }].slice(-MOST));
  if (lifetime) lifetimes.set(id, { ...lifetime });
  else if (!action) lifetimes.set(id, { duration: DURATION, onExpire: () => dismiss(id) });
  releaseNotice(id);
  return id;
}

/** Keeps a notice from expiring while the pointer or the focus is on it. */
export function holdNotice(id: number): void {
  const lifetime = lifetimes.get(id);
  clearTimeout(lifetime?.timer);
  lifetime?.onDeadline?.(Date.now() + HELD_DEADLINE);
}

/** Starts the lifetime of a notice, from the beginning if it was held. */
export function releaseNotice(id: number): void {
  const lifetime = lifetimes.get(id);
  if (!lifetime) return;
  clearTimeout(lifetime.timer);
  lifetime.timer = setTimeout(lifetime.onExpire, lifetime.duration);
  lifetime.onDeadline?.(Date.now() + lifetime.duration);
}

/** Reports why something failed. If a change was shown already, this explains why it has been reverted. */
export function notifyFailure(error: unknown, what: string = texts.notSaved): void {
  // A user who was signed out sees that already, and the next user must not see this error.
  if (toApiError(error).code !== 'UNAUTHENTICATED') notify(`${what} ${reasonOf(error)}`);
}

export function dismiss(id: number | undefined): void {
  if (id === undefined) return;
  clearTimeout(lifetimes.get(id)?.timer);
  lifetimes.delete(id);
  const notices = noticesStore.get();
  if (notices.some((notice) => notice.id === id)) noticesStore.set(notices.filter((notice) => notice.id !== id));
}
