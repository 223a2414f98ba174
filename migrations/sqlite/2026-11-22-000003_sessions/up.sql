-- Sessions are made anew: the tokens they had cannot be told from forged ones any more, so who was signed in signs in
-- again.
DROP TABLE sessions;
CREATE TABLE sessions (
    id blob PRIMARY KEY NOT NULL,
    user_id blob NOT NULL REFERENCES users ON DELETE CASCADE,
    -- The refresh token that is good now: the first has number 0. A token proves itself, so nothing secret is kept.
    generation integer NOT NULL,
    created_at integer NOT NULL,
    refreshed_at integer NOT NULL,
    expires_at integer NOT NULL,
    -- For its user, to know the device by.
    last_seen_at integer NOT NULL,
    address text,
    agent text
) STRICT;
CREATE INDEX sessions_by_user ON sessions (user_id);

-- Sessions that were ended while an access token of theirs may have been good: every instance reads this.
CREATE TABLE revocations (
    -- No foreign key: it outlives the session.
    session_id blob PRIMARY KEY NOT NULL,
    revoked_at integer NOT NULL,
    -- From when the session has no good access token any more.
    expires_at integer NOT NULL
) STRICT;
CREATE INDEX revocations_by_time ON revocations (revoked_at);
