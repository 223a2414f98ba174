import { useId, useRef } from 'react';
import { execute } from '../graphql/client';
import { RevokeOtherSessionsDocument } from '../graphql/generated';
import { toApiError } from '../graphql/apiError';
import { accountTexts, texts } from '../texts';
import type { Session } from './account';
import { deviceOf } from './device';
import { RevokeSessionDocument } from './generated';
import { accountReason } from './reason';
import { useTask } from './useTask';
import { ago } from './relativeTime';

export function Sessions({ sessions, onChanged }: { sessions: Session[]; onChanged: () => Promise<void> }) {
  const heading = useRef<HTMLHeadingElement>(null);
  const { busy, failure, done, run } = useTask();
  // This device first, then the most recently used ones.
  const ordered = [...sessions].sort((a, b) => Number(b.current) - Number(a.current));

  async function end(task: () => Promise<string>) {
    await run(async () => {
      const text = await task();
      await onChanged();
      // The button has disappeared with its row.
      heading.current?.focus();
      return text;
    });
  }

  return (
    <section aria-labelledby="account-sessions">
      <h3 id="account-sessions" ref={heading} tabIndex={-1}>
        {accountTexts.sessions}
      </h3>
      <ul className="rows">
        {ordered.map((session) => (
          <SessionRow key={session.id} session={session} busy={busy} onEnd={() => end(() => endOne(session))} />
        ))}
      </ul>
      {sessions.length > 1 && (
        <button type="button" className="plain" aria-disabled={busy} onClick={() => end(endOthers)}>
          {accountTexts.endOthers}
        </button>
      )}
      <p className="done" role="status">
        {done}
      </p>
      <p className="problem" role="alert">
        {failure && accountReason(failure)}
      </p>
    </section>
  );
}

function SessionRow({ session, busy, onEnd }: { session: Session; busy: boolean; onEnd: () => void }) {
  const { current, agent, address, lastSeenAt } = session;
  const device = deviceOf(agent);
  // Two devices may have the same name. The time and the address distinguish them.
  const note = useId();
  return (
    <li>
      <div>
        <strong title={agent ?? undefined} dir="auto">
          {device}
        </strong>{' '}
        {current && <span className="badge">{accountTexts.thisDevice}</span>}
        <p className="note" id={note}>
          {accountTexts.lastUsed(ago(lastSeenAt))}
          {address && (
            <>
              {' · '}
              <bdi>{address}</bdi>
            </>
          )}
        </p>
      </div>
      {!current && (
        <button
          type="button"
          className="plain"
          aria-disabled={busy}
          aria-label={accountTexts.endSession(device)}
          aria-describedby={note}
          onClick={onEnd}
        >
          {texts.signOut}
        </button>
      )}
    </li>
  );
}

/** Revokes a session. One that no longer exists counts as revoked. */
async function endOne({ id, agent }: Session): Promise<string> {
  await execute(RevokeSessionDocument, { id }).catch((error) => {
    if (toApiError(error).code !== 'NOT_FOUND') throw error;
  });
  return accountTexts.sessionEnded(deviceOf(agent));
}

async function endOthers(): Promise<string> {
  const { revokedIds } = (await execute(RevokeOtherSessionsDocument, {})).revokeOtherSessions;
  return accountTexts.othersEnded(revokedIds.length);
}
