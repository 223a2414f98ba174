-- One row for each user with at least one change. A transaction locks the row until it ends to assign numbers, so they
-- have no gaps, and each becomes visible after all earlier ones.
CREATE TABLE feeds (
    user_id blob PRIMARY KEY NOT NULL REFERENCES users ON DELETE CASCADE,
    last_sequence integer NOT NULL
) STRICT;

-- Changes to a user's conversations, kept for a limited time.
CREATE TABLE changes (
    user_id blob NOT NULL REFERENCES users ON DELETE CASCADE,
    sequence integer NOT NULL,
    kind text NOT NULL CHECK (kind IN (
        'CONVERSATION_CREATED', 'CONVERSATION_CHANGED', 'CONVERSATION_DELETED', 'MESSAGE_ADDED', 'REPLY_ENDED'
    )),
    -- No foreign keys, because the entry of a deletion outlives the deleted row.
    conversation_id blob NOT NULL,
    message_id blob,
    created_at integer NOT NULL,
    PRIMARY KEY (user_id, sequence),
    CHECK ((kind IN ('MESSAGE_ADDED', 'REPLY_ENDED')) = (message_id IS NOT NULL))
) STRICT;
CREATE INDEX changes_by_age ON changes (created_at);

-- Maintenance jobs that one instance at a time runs for all.
CREATE TABLE chores (
    name text PRIMARY KEY NOT NULL,
    -- The instance that moves it forward runs the job.
    due_at integer NOT NULL
) STRICT;
