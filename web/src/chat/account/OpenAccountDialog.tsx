import { createPortal } from 'react-dom';
import type { User } from '../session/session';
import { usePart } from '../ui/usePart';

interface Props {
  user: User;
  onClose: () => void;
}

/** The account dialog, with all that belongs to it. */
export function OpenAccountDialog(props: Props) {
  const Dialog = usePart<Props>(async () => (await import('./AccountDialog')).AccountDialog, props.onClose);
  // Not in the list of conversations, which is hidden on a phone while it is closed.
  return Dialog ? createPortal(<Dialog {...props} />, document.body) : null;
}
