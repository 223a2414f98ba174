import { useEffect, useRef, useSyncExternalStore } from 'react';
import { texts } from '../texts';
import { dismiss, hold, letGo, noticesStore, type Notice } from './notices';

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

  function come(by: 'pointer' | 'keyboard') {
    at.current.add(by);
    hold(id);
  }

  function go(by: 'pointer' | 'keyboard') {
    if (at.current.delete(by) && at.current.size === 0) letGo(id);
  }

  // A notice that others have displaced is released.
  useEffect(() => () => (['pointer', 'keyboard'] as const).forEach(go), []);

  return (
    <p
      className="toast"
      onPointerEnter={() => come('pointer')}
      onPointerLeave={() => go('pointer')}
      onFocus={() => come('keyboard')}
      onBlur={() => go('keyboard')}
    >
      <span dir="auto">{text}</span>
      <button type="button" className="link" onClick={action?.run ?? (() => dismiss(id))}>
        {action?.label ?? texts.dismiss}
      </button>
    </p>
  );
}
