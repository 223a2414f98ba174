DROP TABLE revocations;
-- All users must sign in again.
DROP TABLE sessions;
CREATE TABLE sessions (
    id blob PRIMARY KEY NOT NULL,
    user_id blob NOT NULL REFERENCES users ON DELETE CASCADE,
    -- SHA-256 of the refresh token that is valid at the moment.
    refresh_hash blob NOT NULL CONSTRAINT sessions_refresh_key UNIQUE,
    created_at integer NOT NULL,
    refreshed_at integer NOT NULL,
    expires_at integer NOT NULL
) STRICT;
CREATE INDEX sessions_by_user ON sessions (user_id);
