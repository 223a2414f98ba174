-- The number of the conversation's active branch. It grows each time another branch becomes active.
ALTER TABLE conversations ADD COLUMN branch integer NOT NULL DEFAULT 0;

-- A message off the active branch has no position. Instead it has its depth in the tree of messages, and the number of
-- the branch that it was last part of. Both are null on the active branch.
ALTER TABLE messages ADD COLUMN depth integer;
ALTER TABLE messages ADD COLUMN branch integer;
CREATE INDEX messages_off_branch ON messages (conversation_id, branch DESC, depth) WHERE position IS NULL;

-- Without the check of the kinds, whose number grows: the application checks them. SQLite cannot drop a constraint.
CREATE TABLE changes_copy (
    user_id blob NOT NULL REFERENCES users ON DELETE CASCADE,
    sequence integer NOT NULL,
    kind text NOT NULL,
    -- No foreign keys, because the entry of a deletion outlives the deleted row.
    conversation_id blob NOT NULL,
    message_id blob,
    created_at integer NOT NULL,
    PRIMARY KEY (user_id, sequence)
) STRICT;
INSERT INTO changes_copy SELECT * FROM changes;
DROP TABLE changes;
ALTER TABLE changes_copy RENAME TO changes;
CREATE INDEX changes_by_age ON changes (created_at);
