-- One row for each user with at least one change. A transaction locks the row until it ends to assign numbers, so they
-- have no gaps, and each becomes visible after all earlier ones.
CREATE TABLE feeds (
    user_id uuid PRIMARY KEY REFERENCES users ON DELETE CASCADE,
    last_sequence bigint NOT NULL
);

-- Changes to a user's conversations, kept for a limited time.
CREATE TABLE changes (
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    sequence bigint NOT NULL,
    kind text NOT NULL CHECK (kind IN (
        'CONVERSATION_CREATED', 'CONVERSATION_CHANGED', 'CONVERSATION_DELETED', 'MESSAGE_ADDED', 'REPLY_ENDED'
    )),
    -- No foreign keys, because the entry of a deletion outlives the deleted row.
    conversation_id uuid NOT NULL,
    message_id uuid,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (user_id, sequence),
    CHECK ((kind IN ('MESSAGE_ADDED', 'REPLY_ENDED')) = (message_id IS NOT NULL))
);
CREATE INDEX changes_by_age ON changes (created_at);

-- Maintenance jobs that one instance at a time runs for all.
CREATE TABLE chores (
    name text PRIMARY KEY,
    -- The instance that moves it forward runs the job.
    due_at timestamptz NOT NULL
);
