-- The table is created again. The tokens of existing sessions can no longer be distinguished from forged ones, so all
-- users must sign in again.
DROP TABLE sessions;
CREATE TABLE sessions (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    -- The generation of the valid refresh token, from 0. Tokens are authenticated by a MAC, so no secret is stored.
    generation integer NOT NULL,
    created_at timestamptz NOT NULL,
    refreshed_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    -- Shown to the user, to recognise the device.
    last_seen_at timestamptz NOT NULL,
    address text,
    agent text
);
CREATE INDEX sessions_by_user ON sessions (user_id);

-- Sessions that were ended while an access token of theirs may be unexpired. Every instance reads this table.
CREATE TABLE revocations (
    -- No foreign key, because the row outlives the session.
    session_id uuid PRIMARY KEY,
    revoked_at timestamptz NOT NULL,
    -- When all access tokens of the session have expired.
    expires_at timestamptz NOT NULL
);
CREATE INDEX revocations_by_time ON revocations (revoked_at);
