ALTER TABLE conversations DROP COLUMN generation;
ALTER TABLE messages DROP COLUMN generation;
