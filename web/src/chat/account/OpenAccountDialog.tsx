import { createPortal } from 'react-dom';
import { createStore } from '../../store';
import type { User } from '../session/session';
import { useLazyComponent } from '../ui/useLazyComponent';

/** True while the dialog is open. */
export const settingsStore = createStore(false);

export function openSettings(): void {
  settingsStore.set(true);
}

interface Props {
  user: User;
  onClose: () => void;
}

/** Loads the account dialog when it is first opened. */
export function OpenAccountDialog(props: Props) {
  const Dialog = useLazyComponent<Props>(async () => (await import('./AccountDialog')).AccountDialog, props.onClose);
  // Not inside the sidebar, which is hidden on a phone while it is closed.
  return Dialog ? createPortal(<Dialog {...props} />, document.body) : null;
}
