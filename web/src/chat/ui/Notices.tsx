import { useEffect, useRef, useSyncExternalStore } from 'react';
import { texts } from '../texts';
import { dismiss, holdNotice, releaseNotice, noticesStore, type Notice } from './notices';

/** Shows notices in a live region, which must exist before its first text. */
export function Notices() {
  const notices = useSyncExternalStore(noticesStore.subscribe, noticesStore.get);

  // Notices belong to the user who is signed in.
  useEffect(() => () => noticesStore.set([]), []);

  return (
    <div className="toasts" role="status">
      {notices.map((notice) => (
        <Toast key={notice.id} {...notice} />
      ))}
    </div>
  );
}

function Toast({ id, text, action }: Notice) {
  const at = useRef(new Set<'pointer' | 'keyboard'>());

  function enter(by: 'pointer' | 'keyboard') {
    at.current.add(by);
    holdNotice(id);
  }

  function leave(by: 'pointer' | 'keyboard') {
    if (at.current.delete(by) && at.current.size === 0) releaseNotice(id);
  }

  // A notice that others have displaced is released.
  useEffect(() => () => (['pointer', 'keyboard'] as const).forEach(leave), []);

  return (
    <p
      className="toast"
      onPointerEnter={() => enter('pointer')}
      onPointerLeave={() => leave('pointer')}
      onFocus={() => enter('keyboard')}
      onBlur={() => leave('keyboard')}
    >
      <span dir="auto">{text}</span>
      <button type="button" className="link" onClick={action?.run ?? (() => dismiss(id))}>
        {action?.label ?? texts.dismiss}
      </button>
    </p>
  );
}
