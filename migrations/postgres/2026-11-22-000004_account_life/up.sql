-- The placeholder user who owns deleted conversations until they are removed in small steps. No address has this key,
-- so nobody can sign in or register as this user.
INSERT INTO users (id, email, email_key, name, password_hash, created_at)
VALUES ('00000000-0000-0000-0000-000000000000', '', '', '', '', now());

-- Personal access tokens for scripts.
CREATE TABLE access_tokens (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    name text NOT NULL,
    -- SHA-256 of the token. The whole token is random.
    hash bytea NOT NULL CONSTRAINT access_tokens_hash_key UNIQUE,
    can_write boolean NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    -- Precise to the minute.
    last_used_at timestamptz
);
CREATE INDEX access_tokens_by_user ON access_tokens (user_id, id);

-- Security events of an account, kept for a limited time. The kinds are not constrained, so that more can be added.
CREATE TABLE security_events (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    kind text NOT NULL,
    at timestamptz NOT NULL,
    address text,
    agent text,
    detail text
);
CREATE INDEX security_events_by_user ON security_events (user_id, at DESC, id DESC);
CREATE INDEX security_events_by_age ON security_events (at);

-- The latest export ticket of each user, valid for one download and a short time.
CREATE TABLE export_tickets (
    user_id uuid PRIMARY KEY REFERENCES users ON DELETE CASCADE,
    -- SHA-256 of the ticket, most of which is random.
    hash bytea NOT NULL CONSTRAINT export_tickets_hash_key UNIQUE,
    expires_at timestamptz NOT NULL
);
