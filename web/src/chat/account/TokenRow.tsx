import { accountTexts } from '../texts';
import type { AccessToken } from './account';
import { ago, day } from './relativeTime';

interface Props {
  token: AccessToken;
  busy: boolean;
  onRevoke: () => void;
}

export function TokenRow({ token: { name, scopes, createdAt, expiresAt, lastUsedAt }, busy, onRevoke }: Props) {
  const expired = Date.parse(expiresAt) <= Date.now();
  return (
    <li>
      <div>
        <strong dir="auto">{name}</strong>{' '}
        <span className="badge">{scopes.includes('WRITE') ? accountTexts.mayWrite : accountTexts.mayRead}</span>
        <p className="note">
          {[
            accountTexts.createdOn(day(createdAt)),
            expired ? accountTexts.expiredOn(day(expiresAt)) : accountTexts.expiresOn(day(expiresAt)),
            lastUsedAt ? accountTexts.lastUsed(ago(lastUsedAt)) : accountTexts.neverUsed,
          ].join(' · ')}
        </p>
      </div>
      <button
        type="button"
        className="plain"
        aria-disabled={busy}
        aria-label={accountTexts.revokeToken(name)}
        onClick={onRevoke}
      >
        {accountTexts.revoke}
      </button>
    </li>
  );
}
