-- The number of the conversation's active branch. It grows each time another branch becomes active.
ALTER TABLE conversations ADD COLUMN branch integer NOT NULL DEFAULT 0;

-- A message off the active branch has no position. Instead it has its depth in the tree of messages, and the number of
-- the branch that it was last part of. Both are null on the active branch.
ALTER TABLE messages ADD COLUMN depth integer;
ALTER TABLE messages ADD COLUMN branch integer;
CREATE INDEX messages_off_branch ON messages (conversation_id, branch DESC, depth) WHERE position IS NULL;
