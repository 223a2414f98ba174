import { open } from '../route';
import { texts } from '../texts';
import { dismiss, noticesStore, notify, type Lifetime } from '../ui/notices';
import { rowOf } from './neighbour';

/** Time to undo an action, in milliseconds. */
const UNDO_TIME = 7_000;

/** The notice of the last action that can be undone. */
let last: number | undefined;

/** Reports an action on a chat, and offers to undo it for a while. Returns the notice's ID. */
export function offerUndo(text: string, undo: () => void, { onDeadline, onExpire }: Partial<Lifetime> = {}): number {
  const notice = notify(text, {
    action: { label: texts.undo, run: () => (dismiss(notice), undo()) },
    lifetime: { duration: UNDO_TIME, onDeadline, onExpire: () => (dismiss(notice), onExpire?.()) },
  });
  last = notice;
  return notice;
}

/** Opens a chat that is listed again if it was open. Otherwise, its row gets the focus. */
export function returnTo(conversationId: string, wasOpen: boolean): void {
  if (wasOpen) open(conversationId);
  // The list needs one or two frames to render its rows.
  else requestAnimationFrame(() => requestAnimationFrame(() => rowOf(conversationId)?.focus()));
}

// A shortcut, because the notice is hard to reach by keyboard. In a field, the same keys undo typing.
addEventListener('keydown', (event) => {
  const field = event.target instanceof Element && event.target.closest('input, textarea, select, dialog');
  if (!(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey || event.key.toLowerCase() !== 'z') return;
  const notice = noticesStore.get().find(({ id }) => id === last);
  if (!notice || field) return;
  event.preventDefault();
  notice.action?.run();
});
