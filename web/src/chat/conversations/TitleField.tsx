import { useEffect, useRef, useState } from 'react';
import { texts } from '../texts';
import { truncate } from '../truncate';
import { notifyFailure } from '../ui/notices';
import { updateConversation } from './actions';
import type { Conversation } from './list';

const LONGEST_TITLE = 200;

interface Props {
  className: string;
  conversation: Conversation;
  /** `byKey`: whether the keyboard was used, so that the focus stays at the title. */
  onDone: (byKey: boolean) => void;
}

/** A field in place of a title, which renames the chat. Enter and a click elsewhere save, Escape cancels. */
export function TitleField({ className, conversation, onDone }: Props) {
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
      className={className}
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
