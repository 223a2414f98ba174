import { useSyncExternalStore } from 'react';
import { texts } from '../texts';
import { deletedStore, undoDeletion } from './deletion';

export function DeletedToast() {
  const deleted = useSyncExternalStore(deletedStore.subscribe, deletedStore.get);
  return (
    <div className="toasts" role="status">
      {deleted && (
        <p className="toast">
          <span dir="auto">{texts.deleted(deleted.title)}</span>
          <button type="button" className="link" onClick={undoDeletion}>
            {texts.undo}
          </button>
        </p>
      )}
    </div>
  );
}
