import { open, pathTo, routeStore } from '../route';
import { texts } from '../texts';
import { Icon } from '../ui/Icon';
import { Menu } from '../ui/Menu';
import { deleteConversation } from './deletion';
import { followsInPage } from './followsInPage';
import type { Conversation } from './list';
import { neighbourOf } from './neighbour';
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

  function onDelete() {
    const neighbour = neighbourOf(link.current?.parentElement);
    deleteConversation(conversation, current);
    if (routeStore.get() === id) open();
    else queueMicrotask(() => neighbour?.focus());
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
        <button type="button" role="menuitem" className="danger" onClick={onDelete}>
          <Icon name="trash" />
          {texts.delete}
        </button>
      </Menu>
    </div>
  );
}
