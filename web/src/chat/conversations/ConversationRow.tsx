import { useEffect, useRef, useState } from 'react';
import { truncate } from '../truncate';
import { open, pathTo, routeStore } from '../route';
import { texts } from '../texts';
import { Icon } from '../ui/Icon';
import { Menu } from '../ui/Menu';
import { notifyFailure } from '../ui/notices';
import { updateConversation } from './actions';
import { deleteConversation } from './deletion';
import { followsInPage } from './followsInPage';
import type { Conversation } from './list';
import { neighbourOf } from './neighbour';

const LONGEST_TITLE = 200;

interface Props {
  conversation: Conversation;
  current: boolean;
  onOpen: (conversationId: string) => void;
}

export function ConversationRow({ conversation, current, onOpen }: Props) {
  const { id, title } = conversation;
  const [renaming, setRenaming] = useState(false);
  const link = useRef<HTMLAnchorElement>(null);
  const byKey = useRef(false);

  useEffect(() => {
    if (byKey.current) link.current?.focus();
    byKey.current = false;
  }, [renaming]);

  function onDone(key: boolean) {
    byKey.current = key;
    setRenaming(false);
  }

  function onDelete() {
    const neighbour = neighbourOf(link.current?.parentElement);
    deleteConversation(conversation, current);
    if (routeStore.get() === id) open();
    else queueMicrotask(() => neighbour?.focus());
  }

  if (renaming) return <TitleField conversation={conversation} onDone={onDone} />;
  return (
    <div className="conversation-row" data-current={current || undefined}>
      <a
        ref={link}
        href={pathTo(id)}
        aria-current={current ? 'page' : undefined}
        title={title}
        onClick={(event) => followsInPage(event) && onOpen(id)}
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
        <button type="button" role="menuitem" className="danger" onClick={onDelete}>
          <Icon name="trash" />
          {texts.delete}
        </button>
      </Menu>
    </div>
  );
}

interface TitleFieldProps {
  conversation: Conversation;
  /** `byKey`: whether the keyboard was used, so that the focus stays in the row. */
  onDone: (byKey: boolean) => void;
}

function TitleField({ conversation, onDone }: TitleFieldProps) {
  const field = useRef<HTMLInputElement>(null);
  const [title, setTitle] = useState(conversation.title);
  const left = useRef(false);

  useEffect(() => field.current?.select(), []);

  function done(keep: boolean, byKey: boolean) {
    if (left.current) return;
    left.current = true;
    const next = truncate(title.trim(), LONGEST_TITLE);
    if (keep && next && next !== conversation.title) {
      updateConversation({ id: conversation.id, title: next }).catch(notifyFailure);
    }
    onDone(byKey);
  }

  return (
    <form
      className="conversation-row renaming"
      onSubmit={(event) => {
        event.preventDefault();
        done(true, true);
      }}
    >
      <input
        ref={field}
        autoFocus
        dir="auto"
        aria-label={texts.renameTitle}
        value={title}
        onChange={(event) => setTitle(event.target.value)}
        onBlur={() => done(true, false)}
        onKeyDown={(event) => {
          if (event.key !== 'Escape') return;
          // Only for this field, not for the list around it.
          event.preventDefault();
          event.stopPropagation();
          done(false, true);
        }}
      />
    </form>
  );
}
