-- IDs are the 16 bytes of a UUID, times are microseconds since 1970 (UTC), and booleans are 0 or 1.

-- Accounts and their sessions.
CREATE TABLE users (
    id blob PRIMARY KEY NOT NULL,
    -- The address as the user wrote it, and its canonical form for comparison.
    email text NOT NULL,
    email_key text NOT NULL CONSTRAINT users_email_key UNIQUE,
    name text NOT NULL,
    password_hash text NOT NULL,
    created_at integer NOT NULL
) STRICT;

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

CREATE TABLE conversations (
    id blob PRIMARY KEY NOT NULL,
    owner_id blob NOT NULL REFERENCES users ON DELETE CASCADE,
    title text NOT NULL,
    -- Whether the user has set the title. Until then, the first message determines it.
    titled_by_user integer NOT NULL,
    system_prompt text,
    model text,
    -- The length of the active branch. Its positions are 0 to message_count - 1.
    message_count integer NOT NULL,
    created_at integer NOT NULL,
    updated_at integer NOT NULL
) STRICT;
CREATE INDEX conversations_by_owner ON conversations (owner_id, updated_at DESC, id DESC);

-- A tree by parent_id. Only the messages of the active branch have a position.
CREATE TABLE messages (
    id blob PRIMARY KEY NOT NULL,
    conversation_id blob NOT NULL REFERENCES conversations ON DELETE CASCADE,
    parent_id blob REFERENCES messages ON DELETE CASCADE,
    position integer,
    role text NOT NULL CHECK (role IN ('USER', 'ASSISTANT', 'SYSTEM')),
    -- For a reply in progress, the text at the last checkpoint of this attempt.
    content text NOT NULL,
    status text NOT NULL CHECK (status IN ('PENDING', 'STREAMING', 'COMPLETED', 'STOPPED', 'FAILED')),
    model text,
    attempt integer NOT NULL,
    error_code text,
    error_message text,
    finish_reason text,
    input_tokens integer,
    output_tokens integer,
    -- Whether the token counts were estimated from the text, because the provider reported none.
    usage_estimated integer NOT NULL,
    created_at integer NOT NULL,
    finished_at integer,
    CONSTRAINT messages_position_key UNIQUE (conversation_id, position)
) STRICT;
CREATE INDEX messages_by_parent ON messages (parent_id);

-- One row for each unfinished reply, with the lease of the runner that writes it.
CREATE TABLE runs (
    message_id blob PRIMARY KEY NOT NULL REFERENCES messages ON DELETE CASCADE,
    conversation_id blob NOT NULL REFERENCES conversations ON DELETE CASCADE,
    position integer NOT NULL,
    -- Null while the run waits for its turn. Every write of a runner checks this fencing token.
    lease blob,
    lease_expires_at integer,
    stop_requested integer NOT NULL
) STRICT;
CREATE INDEX runs_by_conversation ON runs (conversation_id, position);

-- The results of sendMessage by idempotency key.
CREATE TABLE sends (
    user_id blob NOT NULL REFERENCES users ON DELETE CASCADE,
    key text NOT NULL,
    -- SHA-256 of the input. It distinguishes a retry from another message with the same key.
    input_hash blob NOT NULL,
    -- Checked at commit, because the key is inserted before the reply.
    reply_id blob NOT NULL REFERENCES messages ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    created_at integer NOT NULL,
    PRIMARY KEY (user_id, key)
) STRICT;
CREATE INDEX sends_by_reply ON sends (reply_id);
CREATE INDEX sends_by_age ON sends (created_at);
