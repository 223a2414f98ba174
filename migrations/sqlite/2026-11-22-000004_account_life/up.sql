-- The placeholder user who owns deleted conversations until they are removed in small steps. No address has this key,
-- so nobody can sign in or register as this user.
INSERT INTO users (id, email, email_key, name, password_hash, created_at)
VALUES (zeroblob(16), '', '', '', '', 0);

-- Personal access tokens for scripts.
CREATE TABLE access_tokens (
    id blob PRIMARY KEY NOT NULL,
    user_id blob NOT NULL REFERENCES users ON DELETE CASCADE,
    name text NOT NULL,
    -- SHA-256 of the token. The whole token is random.
    hash blob NOT NULL CONSTRAINT access_tokens_hash_key UNIQUE,
    can_write integer NOT NULL,
    created_at integer NOT NULL,
    expires_at integer NOT NULL,
    -- Precise to the minute.
    last_used_at integer
) STRICT;
CREATE INDEX access_tokens_by_user ON access_tokens (user_id, id);

-- Security events of an account, kept for a limited time. The kinds are not constrained, so that more can be added.
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

-- The latest export ticket of each user, valid for one download and a short time.
CREATE TABLE export_tickets (
    user_id blob PRIMARY KEY NOT NULL REFERENCES users ON DELETE CASCADE,
    -- SHA-256 of the ticket, most of which is random.
    hash blob NOT NULL CONSTRAINT export_tickets_hash_key UNIQUE,
    expires_at integer NOT NULL
) STRICT;
