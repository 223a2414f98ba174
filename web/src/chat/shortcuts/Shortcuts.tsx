import { useEffect } from 'react';
import { lazyDialog } from '../ui/lazyDialog';

const { open, Dialog } = lazyDialog(async () => (await import('./ShortcutsDialog')).ShortcutsDialog);

/** Opens the dialog that lists the keyboard shortcuts. */
export const openShortcuts = open;

/** The dialog, once it is opened by {@link openShortcuts} or Ctrl+/. */
export function Shortcuts() {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (!(event.ctrlKey || event.metaKey) || event.key !== '/') return;
      event.preventDefault();
      openShortcuts();
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, []);

  return <Dialog />;
}
