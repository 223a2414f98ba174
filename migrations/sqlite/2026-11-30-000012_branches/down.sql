DELETE FROM changes WHERE kind = 'BRANCH_SWITCHED';
CREATE TABLE changes_copy (
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
INSERT INTO changes_copy SELECT * FROM changes;
DROP TABLE changes;
ALTER TABLE changes_copy RENAME TO changes;
CREATE INDEX changes_by_age ON changes (created_at);
DROP INDEX messages_off_branch;
ALTER TABLE messages DROP COLUMN branch;
ALTER TABLE messages DROP COLUMN depth;
ALTER TABLE conversations DROP COLUMN branch;
