import { useSyncExternalStore } from 'react';
import { createStore } from '../../store';

const announcementStore = createStore('');

/** Says something to those who listen to the page. Replies are not said word by word, only that they have ended. */
export function announce(text: string): void {
  // The same words once more are news only if they are not the same.
  announcementStore.set(text === announcementStore.get() ? `${text}\u00a0` : text);
}

export function Announcer() {
  const text = useSyncExternalStore(announcementStore.subscribe, announcementStore.get);
  return (
    <p className="visually-hidden" role="status" aria-live="polite">
      {text}
    </p>
  );
}
