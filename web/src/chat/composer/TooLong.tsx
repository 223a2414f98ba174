import { useMemo } from 'react';
import { texts } from '../texts';
import { pressedOnce } from '../ui/pressedOnce';
import { dismiss, notify } from '../ui/notices';
import { lengthOf } from './length';
import { cutText, splitText } from './split';

interface Props {
  text: string;
  /** Maximum length of a message. */
  longest: number;
  onSend: (messages: string[]) => void;
  /** Replaces the text, unless it has changed. */
  onReplace: (from: string, to: string) => void;
}

/** Time in which the end can be put back, in milliseconds. */
const UNDO_TIME = 10_000;

/** What the user can do with a text that is too long for one message. */
export function TooLong({ text, longest, onSend, onReplace }: Props) {
  const messages = useMemo(() => splitText(text, longest), [text, longest]);

  function cut() {
    const start = cutText(text, longest);
    onReplace(text, start);
    const undo = () => {
      dismiss(id);
      onReplace(start, text);
    };
    const id = notify(texts.cut(lengthOf(text) - lengthOf(start)), {
      action: { label: texts.undo, run: undo },
      lifetime: { duration: UNDO_TIME, onExpire: () => dismiss(id) },
    });
  }

  return (
    <p className="too-long">
      <button type="button" className="link" {...pressedOnce(() => onSend(messages))}>
        {texts.sendParts(messages.length)}
      </button>
      <button type="button" className="link" onClick={cut}>
        {texts.cutEnd}
      </button>
    </p>
  );
}
