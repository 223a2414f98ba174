import { texts } from '../texts';
import { Icon } from '../ui/Icon';
import { Timestamp } from '../ui/Timestamp';
import type { Entry } from './entries';

interface Props {
  id: string;
  entry: Entry;
  selected: boolean;
  onSelect: () => void;
  onChoose: () => void;
}

export function PaletteOption({ id, entry: { icon, parts, chat, by, at, archived }, selected, onSelect, onChoose }: Props) {
  return (
    <div
      id={id}
      role="option"
      className="palette-option"
      aria-selected={selected}
      // Only when the pointer moves: the list may scroll under it.
      onPointerMove={selected ? undefined : onSelect}
      // The field keeps the focus.
      onMouseDown={(event) => event.preventDefault()}
      onClick={onChoose}
    >
      <Icon name={icon} />
      <span className="palette-text">
        {chat && (
          <span className="palette-chat">
            <span dir="auto">{chat}</span>{' '}
            <small>
              {by} {at && <Timestamp at={at} />}
            </small>
          </span>
        )}
        <span className="palette-parts" dir="auto">
          {parts.map(({ text, matched }, index) => (matched ? <mark key={index}>{text}</mark> : text))}
        </span>
      </span>
      {archived && <span className="badge">{texts.archivedMark}</span>}
    </div>
  );
}
