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

let last = 0;

/** Says something for a while. One with an action is taken away by whoever knows how long that can be done. */
export function notify(text: string, { action }: Pick<Notice, 'action'> = {}): number {
  const id = ++last;
  const others = noticesStore.get().filter((notice) => notice.text !== text);
  noticesStore.set([...others, { id, text, action }].slice(-MOST));
  if (!action) setTimeout(() => dismiss(id), LASTS);
  return id;
}

/** Says why something was not done; of a change that was shown already, why it has been taken back. */
export function notifyRefusal(error: unknown, what: string = texts.notSaved): void {
  // Who has been signed out sees that, and whoever signs in next has nothing to do with it.
  if (refusalOf(error).code !== 'UNAUTHENTICATED') notify(`${what} ${reasonOf(error)}`);
}

export function dismiss(id: number | undefined): void {
  const notices = noticesStore.get();
  if (notices.some((notice) => notice.id === id)) noticesStore.set(notices.filter((notice) => notice.id !== id));
}
