import { useEffect, useRef, useState } from 'react';
import { reasonOf } from '../graphql/reason';
import { accountTexts, texts } from '../texts';
import { notify } from '../ui/notices';
import { importFile, LARGEST_FILE, type Summary } from './importFile';

/** Imports the chats of a file that the user chooses. The import continues if the dialog is closed. */
export function ImportChats() {
  const field = useRef<HTMLInputElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const cancelButton = useRef<HTMLButtonElement>(null);
  const shown = useRef(true);
  const [running, setRunning] = useState<AbortController>();
  const [progress, setProgress] = useState(0);
  const [summary, setSummary] = useState<Summary>();
  const [problem, setProblem] = useState('');

  useEffect(() => {
    shown.current = true;
    return () => void (shown.current = false);
  }, []);

  async function start(file: File) {
    setSummary(undefined);
    setProblem('');
    if (file.size > LARGEST_FILE) return setProblem(accountTexts.fileTooLarge);
    const controller = new AbortController();
    setRunning(controller);
    setProgress(0);
    try {
      const done = await importFile(file, setProgress, controller.signal);
      setSummary(done);
      if (!shown.current) notify(accountTexts.importSummary(done));
    } catch (error) {
      if (controller.signal.aborted) return;
      const reason = reasonOf(error, { CONFLICT: accountTexts.importBusy });
      setProblem(reason);
      if (!shown.current) notify(`${accountTexts.notImported} ${reason}`);
    } finally {
      // The button to cancel disappears.
      if (document.activeElement === cancelButton.current) button.current?.focus();
      setRunning(undefined);
    }
  }

  return (
    <>
      <p className="hint">{accountTexts.importHint}</p>
      <input
        ref={field}
        type="file"
        hidden
        accept=".json,application/json"
        aria-label={accountTexts.import}
        onChange={({ target }) => {
          const [file] = target.files ?? [];
          if (file) void start(file);
          // So that the same file can be chosen again.
          target.value = '';
        }}
      />
      <div className="buttons">
        <button ref={button} type="button" className="plain" aria-disabled={running !== undefined} onClick={() => running || field.current?.click()}>
          {running ? accountTexts.importing : accountTexts.import}
        </button>
        {running && (
          <>
            <progress aria-label={accountTexts.importing} value={progress} />
            <button ref={cancelButton} type="button" className="plain" onClick={() => running.abort()}>
              {texts.cancel}
            </button>
          </>
        )}
        <p className="done" role="status">
          {summary && accountTexts.importSummary(summary)}
        </p>
      </div>
      <p className="problem" role="alert">
        {problem || (summary?.error && accountTexts.partlyImported(summary.error))}
      </p>
      {summary && summary.reasons.length > 0 && (
        <details className="skipped">
          <summary>{accountTexts.skippedChats}</summary>
          <ul>
            {summary.reasons.map(({ title, reason }, index) => (
              <li key={index}>
                <span dir="auto">{title ?? texts.untitled}</span>: {reason}
              </li>
            ))}
          </ul>
        </details>
      )}
    </>
  );
}
