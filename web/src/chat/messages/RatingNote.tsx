import { useEffect, useRef, useState, type FormEvent } from 'react';
import { touch } from '../composer/field';
import { texts } from '../texts';

/** Maximum length of a note. */
const LONGEST = 1_000;

interface Props {
  onSave: (note: string) => void;
  onClose: () => void;
}

/** Asks what was wrong with a reply that was rated as bad. */
export function RatingNote({ onSave, onClose }: Props) {
  const field = useRef<HTMLInputElement>(null);
  const [note, setNote] = useState('');

  useEffect(() => {
    if (!touch.matches) field.current?.focus();
  }, []);

  function save(event: FormEvent) {
    event.preventDefault();
    if (note.trim()) onSave(note.trim());
    onClose();
  }

  return (
    <form className="rating-note" onSubmit={save} onKeyDown={({ key, nativeEvent }) => key === 'Escape' && !nativeEvent.isComposing && onClose()}>
      <input
        ref={field}
        dir="auto"
        aria-label={texts.ratingNote}
        placeholder={`${texts.ratingNote} (${texts.optional})`}
        maxLength={LONGEST}
        value={note}
        onChange={({ target }) => setNote(target.value)}
      />
      <button type="submit" className="link">
        {texts.save}
      </button>
      <button type="button" className="link" onClick={onClose}>
        {texts.cancel}
      </button>
    </form>
  );
}
