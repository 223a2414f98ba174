import { useEffect, useSyncExternalStore } from 'react';
import { texts } from '../texts';
import { dismiss, noticesStore } from './notices';

/** The one place where the page says something quietly: a live region, which is there before it has anything to say. */
export function Notices() {
  const notices = useSyncExternalStore(noticesStore.subscribe, noticesStore.get);

  // They are nobody else's.
  useEffect(() => () => noticesStore.set([]), []);

  return (
    <div className="toasts" role="status">
      {notices.map(({ id, text, action }) => (
        <p key={id} className="toast">
          <span dir="auto">{text}</span>
          <button type="button" className="link" onClick={action?.run ?? (() => dismiss(id))}>
            {action?.label ?? texts.dismiss}
          </button>
        </p>
      ))}
    </div>
  );
}
