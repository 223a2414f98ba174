-- Accounts: who may sign in, and the sessions they opened.
CREATE TABLE users (
    id uuid PRIMARY KEY,
    -- As the user wrote it, and folded to what addresses are compared by.
    email text NOT NULL,
    email_key text NOT NULL CONSTRAINT users_email_key UNIQUE,
    name text NOT NULL,
    password_hash text NOT NULL,
    created_at timestamptz NOT NULL
);

CREATE TABLE sessions (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    -- SHA-256 of the one refresh token that is good now.
    refresh_hash bytea NOT NULL CONSTRAINT sessions_refresh_key UNIQUE,
    created_at timestamptz NOT NULL,
    refreshed_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX sessions_by_user ON sessions (user_id);

CREATE TABLE conversations (
    id uuid PRIMARY KEY,
    owner_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    title text NOT NULL,
    -- Until the user sets a title, the first message gives it.
    titled_by_user boolean NOT NULL,
    system_prompt text,
    model text,
    -- How many messages the active branch has: its positions are 0 to message_count - 1.
    message_count integer NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);
CREATE INDEX conversations_by_owner ON conversations (owner_id, updated_at DESC, id DESC);

-- A tree by parent_id. The messages of the active branch have a position, all others none.
CREATE TABLE messages (
    id uuid PRIMARY KEY,
    conversation_id uuid NOT NULL REFERENCES conversations ON DELETE CASCADE,
    parent_id uuid REFERENCES messages ON DELETE CASCADE,
    position integer,
    role text NOT NULL CHECK (role IN ('USER', 'ASSISTANT', 'SYSTEM')),
    -- Of a reply in progress: what had been said at the last checkpoint of this attempt.
    content text NOT NULL,
    status text NOT NULL CHECK (status IN ('PENDING', 'STREAMING', 'COMPLETED', 'STOPPED', 'FAILED')),
    model text,
    attempt integer NOT NULL,
    error_code text,
    error_message text,
    finish_reason text,
    input_tokens integer,
    output_tokens integer,
    -- Whether the tokens were reckoned from the text, since the provider told none.
    usage_estimated boolean NOT NULL,
    created_at timestamptz NOT NULL,
    finished_at timestamptz,
    CONSTRAINT messages_position_key UNIQUE (conversation_id, position)
);
CREATE INDEX messages_by_parent ON messages (parent_id);

-- One row for each reply that is not finished: who writes it, and until when nobody else may.
CREATE TABLE runs (
    message_id uuid PRIMARY KEY REFERENCES messages ON DELETE CASCADE,
    conversation_id uuid NOT NULL REFERENCES conversations ON DELETE CASCADE,
    position integer NOT NULL,
    -- None while it waits for its turn. Every write of a runner is fenced by this token.
    lease uuid,
    lease_expires_at timestamptz,
    stop_requested boolean NOT NULL
);
CREATE INDEX runs_by_conversation ON runs (conversation_id, position);

-- What sendMessage answered under an idempotency key.
CREATE TABLE sends (
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    key text NOT NULL,
    -- SHA-256 of the input, to tell a repetition from another message under the same key.
    input_hash bytea NOT NULL,
    -- Checked at commit: the key is claimed first, the reply written after.
    reply_id uuid NOT NULL REFERENCES messages ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (user_id, key)
);
CREATE INDEX sends_by_reply ON sends (reply_id);
CREATE INDEX sends_by_age ON sends (created_at);
