import { useEffect, useRef, useState } from 'react';
import { execute } from '../graphql/client';
import { ArchivedConversationsDocument } from '../graphql/generated';
import { reasonOf } from '../graphql/reason';
import { followsInPage } from '../conversations/followsInPage';
import { archivedOf, type Conversation } from '../conversations/list';
import { unarchive } from '../conversations/organising';
import { open, pathTo } from '../route';
import { useStateOf } from '../state';
import { texts } from '../texts';
import { Icon } from '../ui/Icon';
import { Timestamp } from '../ui/Timestamp';
import './archive.css';

const PAGE = 30;

/** Lists the archived chats, and takes them out of the archive. */
export function ArchiveDialog({ onClose }: { onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const title = useRef<HTMLHeadingElement>(null);
  const [loaded, setLoaded] = useState<readonly Conversation[]>([]);
  /** Cursor of the next page; `null` after the last one. */
  const [after, setAfter] = useState<string | null>();
  const [problem, setProblem] = useState<string>();
  const conversations = useStateOf((state) => state.conversations);

  const shown = archivedOf(conversations, loaded);

  useEffect(() => {
    dialog.current?.showModal();
    void load();
  }, []);

  async function load() {
    setProblem(undefined);
    try {
      const { me } = await execute(ArchivedConversationsDocument, { first: PAGE, after });
      if (!me) return;
      const { nodes, pageInfo } = me.conversations;
      setLoaded((before) => [...before, ...nodes.filter(({ id }) => !before.some((one) => one.id === id))]);
      setAfter(pageInfo.hasNextPage ? pageInfo.endCursor : null);
    } catch (error) {
      setProblem(reasonOf(error));
    }
  }

  async function restore({ id }: Conversation) {
    // The pressed button disappears.
    title.current?.focus();
    await unarchive(id);
  }

  return (
    <dialog ref={dialog} className="dialog archive" onClose={onClose} aria-labelledby="archive-title">
      <header>
        <h2 id="archive-title" ref={title} tabIndex={-1}>
          {texts.archivedChats}
        </h2>
        <button
          type="button"
          className="icon-button"
          autoFocus
          aria-label={texts.close}
          title={texts.close}
          onClick={() => dialog.current?.close()}
        >
          <Icon name="close" />
        </button>
      </header>
      <ul>
        {shown.map((conversation) => (
          <li key={conversation.id}>
            <a
              href={pathTo(conversation.id)}
              onClick={(event) => {
                if (!followsInPage(event)) return;
                dialog.current?.close();
                open(conversation.id);
              }}
            >
              <span dir="auto">{conversation.title}</span>
              <Timestamp at={conversation.updatedAt} />
            </a>
            <button type="button" className="plain" aria-label={texts.unarchiveChat(conversation.title)} onClick={() => restore(conversation)}>
              {texts.unarchive}
            </button>
          </li>
        ))}
      </ul>
      <p className="hint" role="status">
        {after === undefined && !problem && texts.loading}
        {after === null && shown.length === 0 && texts.noArchivedChats}
        {problem && `${texts.notLoaded} ${problem}`}
      </p>
      {(problem || after) && (
        <button type="button" className="link" onClick={load}>
          {problem ? texts.retry : texts.showMore}
        </button>
      )}
    </dialog>
  );
}
