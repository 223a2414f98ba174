-- One row for each user to whom something has ever happened. The lock of the row, kept until the transaction ends, gives
-- out the numbers: they have no gap, and each becomes visible after all before it.
CREATE TABLE feeds (
    user_id blob PRIMARY KEY NOT NULL REFERENCES users ON DELETE CASCADE,
    last_sequence integer NOT NULL
) STRICT;

-- What has happened to a user's conversations, kept for a while.
CREATE TABLE changes (
    user_id blob NOT NULL REFERENCES users ON DELETE CASCADE,
    sequence integer NOT NULL,
    kind text NOT NULL CHECK (kind IN (
        'CONVERSATION_CREATED', 'CONVERSATION_CHANGED', 'CONVERSATION_DELETED', 'MESSAGE_ADDED', 'REPLY_ENDED'
    )),
    -- No foreign keys: what tells of a deletion outlives the deleted.
    conversation_id blob NOT NULL,
    message_id blob,
    created_at integer NOT NULL,
    PRIMARY KEY (user_id, sequence),
    CHECK ((kind IN ('MESSAGE_ADDED', 'REPLY_ENDED')) = (message_id IS NOT NULL))
) STRICT;
CREATE INDEX changes_by_age ON changes (created_at);

-- The work that one instance at a time does for all.
CREATE TABLE chores (
    name text PRIMARY KEY NOT NULL,
    -- Whoever moves it forward does the work.
    due_at integer NOT NULL
) STRICT;
