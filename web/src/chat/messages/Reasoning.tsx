import { useEffect, useState } from 'react';
import { LoadErrorNote } from '../loading/LoadErrorNote';
import { Markdown } from '../markdown/Markdown';
import { loadReasoning, type Parts } from '../replies/parts';
import { texts } from '../texts';

/** The reasoning of a reply, folded away. It stays as the user left it while the text grows. */
export function Reasoning({ messageId, parts }: { messageId: string; parts: Parts }) {
  const [open, setOpen] = useState(false);
  const { reasoning, thinking = false, thoughtFor } = parts;

  useEffect(() => {
    if (open && reasoning === undefined) void loadReasoning(messageId);
  }, [open, reasoning, messageId]);

  return (
    <details className="reasoning" data-thinking={thinking || undefined} onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>{thinking ? texts.thinking : thoughtText(thoughtFor)}</summary>
      {open &&
        (reasoning === undefined ? (
          <>
            <p className="note late">{texts.loading}</p>
            <LoadErrorNote what={`reasoning:${messageId}`} className="note" />
          </>
        ) : (
          <Markdown text={reasoning} unfinished={thinking} />
        ))}
    </details>
  );
}

function thoughtText(milliseconds: number): string {
  return Number.isNaN(milliseconds) ? texts.thought : texts.thoughtFor(Math.max(1, Math.round(milliseconds / 1000)));
}
