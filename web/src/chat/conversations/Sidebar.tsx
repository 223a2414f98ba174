import { useEffect, useRef, useSyncExternalStore } from 'react';
import { Virtualizer, type VirtualizerHandle } from 'virtua';
import { openArchive } from '../archive/Archive';
import { truncate } from '../truncate';
import { AccountMenu } from '../session/AccountMenu';
import type { User } from '../session/session';
import { LoadErrorNote } from '../loading/LoadErrorNote';
import { echoesStore, isUnsent } from '../outbox/echoes';
import { entriesOf, isNew } from '../outbox/outbox';
import { outboxStore } from '../outbox/storage';
import { open, pathTo } from '../route';
import { useStateOf } from '../state';
import { MOD } from '../shortcuts/keys';
import { openPalette } from '../search/Palette';
import { texts } from '../texts';
import { Icon } from '../ui/Icon';
import { Logo } from '../ui/Logo';
import { period } from '../ui/dates';
import { CONVERSATIONS, loadMoreConversations } from './actions';
import { ConversationRow } from './ConversationRow';
import { followsInPage } from './followsInPage';
import { isPinned, type Conversation } from './list';
import { SidebarResizer } from './SidebarResizer';

interface Props {
  user: User;
  current: string | undefined;
  /** Closes the list if it covers the conversation. */
  onClose: () => void;
  onToggle: () => void;
}

export function Sidebar({ user, current, onClose, onToggle }: Props) {
  const { items, loaded, endCursor } = useStateOf(({ conversations }) => conversations);
  const entries = useSyncExternalStore(outboxStore.subscribe, outboxStore.get);
  const echoes = useSyncExternalStore(echoesStore.subscribe, echoesStore.get);
  const pinned = items.filter(isPinned);
  const others = items.filter((item) => !isPinned(item));
  const list = useRef<VirtualizerHandle>(null);

  // Chats whose first message is unsent come first.
  const waiting = [...new Set(entries.filter((entry) => isUnsent(entry, echoes)).map(({ conversation }) => conversation).filter(isNew))];

  // Closes the list even if the chat is open already.
  const go = (name?: string) => {
    open(name);
    onClose();
  };

  const more = () => {
    const handle = list.current;
    if (handle && endCursor && handle.scrollOffset + handle.viewportSize * 2 > handle.scrollSize) void loadMoreConversations();
  };
  useEffect(more, [items.length, endCursor]);

  const row = (conversation: Conversation) => (
    <ConversationRow key={conversation.id} conversation={conversation} current={conversation.id === current} onOpen={go} />
  );

  return (
    <aside id="sidebar" className="sidebar" aria-label={texts.chats}>
      <header>
        <a href="/" className="brand" onClick={(event) => followsInPage(event) && go()}>
          <Logo />
          {texts.name}
        </a>
        <button type="button" className="icon-button list-closer" aria-label={texts.closeList} title={`${texts.closeList} (${MOD}+B)`} onClick={onToggle}>
          <Icon name="sidebar" />
        </button>
      </header>
      <a
        href={pathTo()}
        className="new-chat"
        title={`${MOD}+Shift+O`}
        aria-current={current === undefined ? 'page' : undefined}
        onClick={(event) => followsInPage(event) && go()}
      >
        <Icon name="plus" />
        {texts.newChat}
      </a>
      <button
        type="button"
        className="search-opener"
        aria-haspopup="dialog"
        onClick={() => {
          onClose();
          openPalette();
        }}
      >
        <Icon name="search" />
        {texts.search}
        <kbd aria-hidden="true">{MOD} K</kbd>
      </button>
      <nav aria-label={texts.chats}>
        {loaded && items.length === 0 && waiting.length === 0 && <p className="hint">{texts.noChats}</p>}
        <LoadErrorNote what={CONVERSATIONS} className="hint" />
        <div className="conversation-list">
          <Virtualizer ref={list} as="ul" item="li" onScroll={more} itemSize={36}>
            {waiting.map((name) => (
              <a
                key={name}
                className="conversation-row waiting"
                href={pathTo(name)}
                aria-current={current === name ? 'page' : undefined}
                onClick={(event) => followsInPage(event) && go(name)}
              >
                <span className="title" dir="auto">
                  {truncate(entriesOf(entries, name)[0]?.content ?? '', 80)}
                </span>
              </a>
            ))}
            {pinned.length > 0 && (
              <h2 key="pinned" className="period">
                {texts.pinned}
              </h2>
            )}
            {pinned.map(row)}
            {others.flatMap((conversation, index) => {
              const name = period(new Date(conversation.updatedAt));
              const before = others[index - 1];
              if (before && period(new Date(before.updatedAt)) === name) return [row(conversation)];
              return [
                <h2 key={name} className="period">
                  {name}
                </h2>,
                row(conversation),
              ];
            })}
          </Virtualizer>
        </div>
      </nav>
      <button type="button" className="archive-opener" onClick={openArchive}>
        <Icon name="archive" />
        {texts.archivedChats}
      </button>
      <AccountMenu user={user} />
      <SidebarResizer controls="sidebar" />
    </aside>
  );
}
