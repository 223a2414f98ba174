import { texts } from '../texts';
import { Icon } from '../ui/Icon';
import { Menu } from '../ui/Menu';
import { notifyFailure } from '../ui/notices';
import { ChatMenuItems } from './ChatMenuItems';
import { deleteConversation } from './deletion';
import type { Conversation } from './list';
import { archive, togglePin, unarchive } from './organising';

/** The menu of the open chat. */
export function ChatMenu({ conversation, user }: { conversation: Conversation; user: string }) {
  async function exportMarkdown() {
    try {
      const { downloadMarkdown } = await import('../markdownExport/download');
      await downloadMarkdown(conversation, user);
    } catch (error) {
      notifyFailure(error, texts.notExported);
    }
  }

  return (
    <Menu label={texts.chatOptions} icon="more">
      <button type="button" role="menuitem" onClick={exportMarkdown}>
        <Icon name="download" />
        {texts.exportMarkdown}
      </button>
      <ChatMenuItems
        conversation={conversation}
        onPin={() => void togglePin(conversation)}
        onArchive={() => (conversation.archivedAt ? void unarchive(conversation.id) : archive(conversation))}
        onDelete={() => deleteConversation(conversation)}
      />
    </Menu>
  );
}
