import { useEffect, useSyncExternalStore, type ComponentType } from 'react';
import { createStore } from '../../store';
import { useLazyComponent } from './useLazyComponent';

interface Props {
  onClose: () => void;
}

/** Creates a dialog that any part of the page can open. Its component is loaded when it is first opened. */
export function lazyDialog(load: () => Promise<ComponentType<Props>>) {
  const openStore = createStore(false);
  const close = () => openStore.set(false);

  function Open() {
    const Dialog = useLazyComponent<Props>(load, close);
    // The next user must not find it open.
    useEffect(() => close, []);
    return Dialog ? <Dialog onClose={close} /> : null;
  }

  return {
    open: () => openStore.set(true),
    /** The place of the dialog in the page. */
    Dialog: () => (useSyncExternalStore(openStore.subscribe, openStore.get) ? <Open /> : null),
  };
}
