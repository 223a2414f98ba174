import { texts } from '../texts';
import type { Conversation } from './list';
import { TitleField } from './TitleField';
import { useRenaming } from './useRenaming';

/** The title above the messages. A click renames the chat. */
export function Title({ conversation }: { conversation: Conversation }) {
  const { title, renaming, rename, onDone } = useRenaming<HTMLButtonElement>();

  if (renaming) {
    return (
      <>
        <h1 className="visually-hidden">{conversation.title}</h1>
        <TitleField className="title-field" conversation={conversation} onDone={onDone} />
      </>
    );
  }
  return (
    <h1>
      <button ref={title} type="button" className="title-button" dir="auto" title={texts.renameChat(conversation.title)} onClick={rename}>
        {conversation.title}
      </button>
    </h1>
  );
}
