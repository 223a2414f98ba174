import { useEffect, useRef, useState } from 'react';
import { open, pathTo, routeStore } from '../route';
import { texts } from '../texts';
import { Icon } from '../ui/Icon';
import { Menu } from '../ui/Menu';
import { notifyRefusal } from '../ui/notices';
import { updateConversation } from './actions';
import { deleteConversation } from './deletion';
import { follows } from './follows';
import type { Conversation } from './list';

const LONGEST_TITLE = 200;

export function ConversationRow({ conversation, current }: { conversation: Conversation; current: boolean }) {
  const { id, title } = conversation;
  const [renaming, setRenaming] = useState(false);

  if (renaming) return <TitleField conversation={conversation} onDone={() => setRenaming(false)} />;
  return (
    <div className="conversation-row" data-current={current || undefined}>
      <a
        href={pathTo(id)}
        aria-current={current ? 'page' : undefined}
        title={title}
        onClick={(event) => follows(event) && open(id)}
        onKeyDown={(event) => event.key === 'F2' && setRenaming(true)}
      >
        <span className="title" dir="auto">
          {title}
        </span>
      </a>
      <Menu label={texts.options(title)} icon="more">
        <button type="button" role="menuitem" onClick={() => setRenaming(true)}>
          <Icon name="edit" />
          {texts.rename}
        </button>
        <button
          type="button"
          role="menuitem"
          className="danger"
          onClick={() => {
            deleteConversation(conversation);
            if (routeStore.get() === id) open();
          }}
        >
          <Icon name="trash" />
          {texts.delete}
        </button>
      </Menu>
    </div>
  );
}

function TitleField({ conversation, onDone }: { conversation: Conversation; onDone: () => void }) {
  const field = useRef<HTMLInputElement>(null);
  const [title, setTitle] = useState(conversation.title);
  const left = useRef(false);

  useEffect(() => field.current?.select(), []);

  function done(keep: boolean) {
    if (left.current) return;
    left.current = true;
    const next = [...title.trim()].slice(0, LONGEST_TITLE).join('');
    if (keep && next && next !== conversation.title) {
      updateConversation({ id: conversation.id, title: next }).catch(notifyRefusal);
    }
    onDone();
  }

  return (
    <form
      className="conversation-row renaming"
      onSubmit={(event) => {
        event.preventDefault();
        done(true);
      }}
    >
      <input
        ref={field}
        autoFocus
        dir="auto"
        aria-label={texts.renameTitle}
        value={title}
        onChange={(event) => setTitle(event.target.value)}
        onBlur={() => done(true)}
        onKeyDown={(event) => event.key === 'Escape' && done(false)}
      />
    </form>
  );
}
