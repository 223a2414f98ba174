-- Whose the deleted conversations are, until they are removed in small steps. No address has this key, so nobody can
-- sign in or register as nobody.
INSERT INTO users (id, email, email_key, name, password_hash, created_at)
VALUES (zeroblob(16), '', '', '', '', 0);

-- What scripts ask by.
CREATE TABLE access_tokens (
    id blob PRIMARY KEY NOT NULL,
    user_id blob NOT NULL REFERENCES users ON DELETE CASCADE,
    name text NOT NULL,
    -- SHA-256 of the token, which is random throughout.
    hash blob NOT NULL CONSTRAINT access_tokens_hash_key UNIQUE,
    can_write integer NOT NULL,
    created_at integer NOT NULL,
    expires_at integer NOT NULL,
    -- To the minute.
    last_used_at integer
) STRICT;
CREATE INDEX access_tokens_by_user ON access_tokens (user_id, id);

-- What has happened to an account, kept for a while. Its kinds are not listed: there will be others.
CREATE TABLE security_events (
    id blob PRIMARY KEY NOT NULL,
    user_id blob NOT NULL REFERENCES users ON DELETE CASCADE,
    kind text NOT NULL,
    at integer NOT NULL,
    address text,
    agent text,
    detail text
) STRICT;
CREATE INDEX security_events_by_user ON security_events (user_id, at DESC, id DESC);
CREATE INDEX security_events_by_age ON security_events (at);

-- A user's latest ticket is good for one download, and not for long.
CREATE TABLE export_tickets (
    user_id blob PRIMARY KEY NOT NULL REFERENCES users ON DELETE CASCADE,
    -- SHA-256 of the ticket, which is random throughout.
    hash blob NOT NULL CONSTRAINT export_tickets_hash_key UNIQUE,
    expires_at integer NOT NULL
) STRICT;
