DROP TABLE revocations;
-- All users must sign in again.
DROP TABLE sessions;
CREATE TABLE sessions (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    -- SHA-256 of the refresh token that is valid at the moment.
    refresh_hash bytea NOT NULL CONSTRAINT sessions_refresh_key UNIQUE,
    created_at timestamptz NOT NULL,
    refreshed_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX sessions_by_user ON sessions (user_id);
