import { useEffect, useState, type ComponentType } from 'react';
import { createPortal } from 'react-dom';
import { notify } from '../ui/notices';
import { texts } from '../texts';
import type { User } from '../session/session';

interface Props {
  user: User;
  onClose: () => void;
}

/** The account dialog, which is fetched when it is first asked for: few people do. */
export function OpenAccountDialog({ user, onClose }: Props) {
  const [Dialog, setDialog] = useState<ComponentType<Props>>();

  useEffect(() => {
    let left = false;
    import('./AccountDialog').then(
      ({ AccountDialog }) => left || setDialog(() => AccountDialog),
      () => {
        if (left) return;
        notify(texts.partNotLoaded);
        onClose();
      },
    );
    return () => void (left = true);
  }, []);

  // Not in the list of conversations, which is hidden on a phone while it is closed.
  return Dialog ? createPortal(<Dialog user={user} onClose={onClose} />, document.body) : null;
}
