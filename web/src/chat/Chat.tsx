import { useCallback, useEffect, useState, useSyncExternalStore, type CSSProperties } from 'react';
import { Archive } from './archive/Archive';
import { followChanges } from './changes/feed';
import { moveDraft } from './composer/drafts';
import { connectionStore } from './connection';
import { ConversationView } from './conversations/ConversationView';
import { resumeDeletions } from './conversations/deletion';
import { conversationOf } from './conversations/list';
import { Sidebar } from './conversations/Sidebar';
import { layOutSidebar, sidebarStore } from './conversations/sidebarLayout';
import { useCollapse } from './conversations/useCollapse';
import { forgetAlternatives } from './branches/alternatives';
import { narrow, useDrawer } from './conversations/useDrawer';
import { openSocket } from './graphql/socket';
import { forgetChoices, moveChoice } from './models/choice';
import { openDefaults } from './models/defaults';
import { clearLoadErrors } from './loading/loadErrors';
import { forgetModels, loadModels } from './models/models';
import { forgetMissing, setOpenConversation } from './messages/actions';
import { clearPositions } from './messages/scrollPosition';
import { flushOutbox } from './outbox/flush';
import { startedAs, openOutbox, outboxStore } from './outbox/storage';
import { isNew } from './outbox/outbox';
import { forgetReplies } from './replies/follow';
import { open, routeStore } from './route';
import type { User } from './session/session';
import { Palette } from './search/Palette';
import { Shortcuts } from './shortcuts/Shortcuts';
import { noState, stateStore, useStateOf } from './state';
import { texts } from './texts';
import { Announcer } from './ui/Announcer';
import { ConfirmDialog } from './ui/ConfirmDialog';
import { Notices } from './ui/Notices';

/** The page of a signed-in user. */
export function Chat({ user }: { user: User }) {
  const [ready, setReady] = useState(false);
  const [listOpen, setListOpen] = useState(false);
  const conversation = useSyncExternalStore(routeStore.subscribe, routeStore.get);
  const connection = useSyncExternalStore(connectionStore.subscribe, connectionStore.get);

  const { width, collapsed } = useSyncExternalStore(sidebarStore.subscribe, sidebarStore.get);

  const closeList = useCallback(() => setListOpen(false), []);
  // The list covers a narrow page, and stands at the side of a wide one.
  const toggleList = useCallback(() => {
    if (narrow.matches) setListOpen((open) => !open);
    else layOutSidebar({ collapsed: !sidebarStore.get().collapsed });
  }, []);

  useEffect(() => {
    openOutbox(user.id);
    openDefaults(user.id);
    const closeSocket = openSocket();
    const leaveChanges = followChanges();
    const stopFlushing = flushOutbox();
    resumeDeletions();
    void loadModels();
    setReady(true);
    return () => {
      stopFlushing();
      leaveChanges();
      forgetReplies();
      forgetAlternatives();
      forgetModels();
      forgetChoices();
      forgetMissing();
      clearPositions();
      clearLoadErrors();
      closeSocket();
      stateStore.set(noState);
    };
  }, [user.id]);

  // Replaces the temporary address of a new chat when the server has created its conversation.
  useEffect(() => {
    const replaceAddress = () => {
      const name = routeStore.get();
      const started = name && isNew(name) ? startedAs(name) : undefined;
      if (!name || !started) return;
      moveDraft(user.id, name, started);
      moveChoice(user.id, name, started);
      open(started, { replace: true });
    };
    replaceAddress();
    const leave = [outboxStore.subscribe(replaceAddress), routeStore.subscribe(replaceAddress)];
    return () => leave.forEach((unsubscribe) => unsubscribe());
  }, [user.id]);

  useEffect(() => {
    setOpenConversation(conversation && !isNew(conversation) ? conversation : undefined);
    setListOpen(false);
  }, [conversation]);

  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if ((event.ctrlKey || event.metaKey) && event.shiftKey && event.key.toLowerCase() === 'o') {
        event.preventDefault();
        open();
      }
      // If a dialog is open over the list, Escape closes only the dialog.
      if (event.key === 'Escape' && !document.querySelector('dialog[open]')) setListOpen(false);
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, []);

  useDrawer(listOpen, closeList);
  useCollapse(collapsed, toggleList);

  const title = useStateOf(({ conversations }) => conversationOf(conversations, conversation)?.title);
  useEffect(() => {
    document.title = title ? `${title} · ${texts.name}` : texts.name;
  }, [title]);

  if (!ready) return null;
  return (
    <div
      className="chat"
      data-list={listOpen ? 'open' : undefined}
      data-collapsed={collapsed || undefined}
      data-connection={connection}
      style={{ '--sidebar-width': `${width}px` } as CSSProperties}
    >
      <a className="skip" href="#composer">
        {texts.skip}
      </a>
      <Sidebar user={user} current={conversation} onClose={closeList} onToggle={toggleList} />
      <div className="scrim" onClick={closeList} />
      <ConversationView
        user={user}
        conversationId={conversation}
        listOpen={listOpen}
        onToggleList={toggleList}
      />
      <Notices />
      <ConfirmDialog />
      <Shortcuts />
      <Archive />
      <Palette />
      <Announcer />
    </div>
  );
}
