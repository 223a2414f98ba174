import { texts } from '../texts';
import { Icon } from '../ui/Icon';
import { isPinned, type Conversation } from './list';

interface Props {
  conversation: Conversation;
  onPin: () => void;
  onArchive: () => void;
  onDelete: () => void;
}

/** What the menus of a chat have in common: in the list, and above the messages. */
export function ChatMenuItems({ conversation, onPin, onArchive, onDelete }: Props) {
  return (
    <>
      <button type="button" role="menuitem" onClick={onPin}>
        <Icon name="pin" />
        {isPinned(conversation) ? texts.unpin : texts.pin}
      </button>
      <button type="button" role="menuitem" onClick={onArchive}>
        <Icon name="archive" />
        {conversation.archivedAt ? texts.unarchive : texts.archive}
      </button>
      <button type="button" role="menuitem" className="danger" onClick={onDelete}>
        <Icon name="trash" />
        {texts.delete}
      </button>
    </>
  );
}
