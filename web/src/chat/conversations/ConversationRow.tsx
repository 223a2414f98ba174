import { pathTo, routeStore } from '../route';
import { texts } from '../texts';
import { Icon } from '../ui/Icon';
import { Menu } from '../ui/Menu';
import { ChatMenuItems } from './ChatMenuItems';
import { deleteConversation } from './deletion';
import { followsInPage } from './followsInPage';
import type { Conversation } from './list';
import { neighbourOf, rowOf } from './neighbour';
import { archive, togglePin } from './organising';
import { TitleField } from './TitleField';
import { useRenaming } from './useRenaming';

interface Props {
  conversation: Conversation;
  current: boolean;
  onOpen: (conversationId: string) => void;
}

export function ConversationRow({ conversation, current, onOpen }: Props) {
  const { id, title } = conversation;
  const { title: link, renaming, rename, onDone } = useRenaming<HTMLAnchorElement>();

  /** Removes the row. If the chat is open, a new chat is opened and has the focus. */
  function remove(act: (conversation: Conversation) => void) {
    const neighbour = neighbourOf(link.current?.parentElement);
    const isOpen = routeStore.get() === id;
    act(conversation);
    if (!isOpen) queueMicrotask(() => neighbour?.focus());
  }

  /** The row moves to another section, and keeps the focus if it is rendered there. */
  function pin() {
    const neighbour = neighbourOf(link.current?.parentElement);
    void togglePin(conversation);
    requestAnimationFrame(() => requestAnimationFrame(() => (rowOf(id) ?? neighbour)?.focus()));
  }

  if (renaming) return <TitleField className="conversation-row renaming" conversation={conversation} onDone={onDone} />;
  return (
    <div className="conversation-row" data-current={current || undefined}>
      <a
        ref={link}
        href={pathTo(id)}
        aria-current={current ? 'page' : undefined}
        title={title}
        onClick={(event) => followsInPage(event) && onOpen(id)}
        onKeyDown={(event) => event.key === 'F2' && rename()}
      >
        <span className="title" dir="auto">
          {title}
        </span>
      </a>
      <Menu label={texts.options(title)} icon="more">
        <button type="button" role="menuitem" onClick={rename}>
          <Icon name="edit" />
          {texts.rename}
        </button>
        <ChatMenuItems
          conversation={conversation}
          onPin={pin}
          onArchive={() => remove(archive)}
          onDelete={() => remove(deleteConversation)}
        />
      </Menu>
    </div>
  );
}
