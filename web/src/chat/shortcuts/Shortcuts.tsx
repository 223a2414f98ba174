import { useEffect, useSyncExternalStore } from 'react';
import { createStore } from '../../store';
import { usePart } from '../ui/usePart';

const openStore = createStore(false);

/** Shows what can be done by keys. */
export function openShortcuts(): void {
  openStore.set(true);
}

/** The dialog, when it is asked for: by {@link openShortcuts}, or by Ctrl+/. */
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
  const Dialog = usePart<typeof props>(async () => (await import('./ShortcutsDialog')).ShortcutsDialog, props.onClose);
  return Dialog ? <Dialog {...props} /> : null;
}
