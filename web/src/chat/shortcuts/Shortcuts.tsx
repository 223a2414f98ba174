import { useEffect, useSyncExternalStore } from 'react';
import { createStore } from '../../store';
import { useLazyComponent } from '../ui/useLazyComponent';

const openStore = createStore(false);

/** Opens the dialog that lists the keyboard shortcuts. */
export function openShortcuts(): void {
  openStore.set(true);
}

/** The dialog, once it is opened by {@link openShortcuts} or Ctrl+/. */
export function Shortcuts() {
  const open = useSyncExternalStore(openStore.subscribe, openStore.get);

  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (!(event.ctrlKey || event.metaKey) || event.key !== '/') return;
      event.preventDefault();
      openShortcuts();
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, []);

  return open ? <Open onClose={() => openStore.set(false)} /> : null;
}

function Open(props: { onClose: () => void }) {
  const Dialog = useLazyComponent<typeof props>(async () => (await import('./ShortcutsDialog')).ShortcutsDialog, props.onClose);
  return Dialog ? <Dialog {...props} /> : null;
}
