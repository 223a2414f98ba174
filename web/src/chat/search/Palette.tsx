import { useEffect } from 'react';
import { MAC } from '../shortcuts/keys';
import { lazyDialog } from '../ui/lazyDialog';

const { open, Dialog } = lazyDialog(async () => (await import('./PaletteDialog')).PaletteDialog);

/** Opens the palette, which finds chats, messages and actions. */
export const openPalette = open;

/** The palette, once it is opened by {@link openPalette}, Ctrl+K, or ⌘K on a Mac. */
export function Palette() {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const modified = MAC ? event.metaKey && !event.ctrlKey : event.ctrlKey && !event.metaKey;
      if (!modified || event.shiftKey || event.altKey || event.key.toLowerCase() !== 'k') return;
      event.preventDefault();
      if (!document.querySelector('dialog[open]')) openPalette();
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, []);

  return <Dialog />;
}
