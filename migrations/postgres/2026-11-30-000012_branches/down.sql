DROP INDEX messages_off_branch;
ALTER TABLE messages DROP COLUMN branch;
ALTER TABLE messages DROP COLUMN depth;
ALTER TABLE conversations DROP COLUMN branch;
