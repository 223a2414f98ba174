import { useSyncExternalStore } from 'react';
import { createStore } from '../../store';

const announcementStore = createStore('');

/** Announces a text to screen readers. A reply is not announced word by word, only its end. */
export function announce(text: string): void {
  // A text is announced only if it differs from the previous one.
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
