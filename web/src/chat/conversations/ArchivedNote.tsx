import { focusComposer } from '../composer/field';
import { texts } from '../texts';
import { unarchive } from './organising';

/** Tells that the open chat is archived, and takes it out of the archive. */
export function ArchivedNote({ conversationId }: { conversationId: string }) {
  return (
    <p className="archived-note">
      {texts.archivedNote}{' '}
      <button
        type="button"
        className="link"
        onClick={() => {
          // The pressed button disappears.
          focusComposer();
          void unarchive(conversationId);
        }}
      >
        {texts.unarchive}
      </button>
    </p>
  );
}
