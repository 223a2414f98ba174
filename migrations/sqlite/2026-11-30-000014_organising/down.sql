DROP TABLE import_tickets;
ALTER TABLE changes DROP COLUMN precise_kind;
ALTER TABLE messages DROP COLUMN rating_note;
ALTER TABLE messages DROP COLUMN rating;
DROP INDEX conversations_pinned;
DROP INDEX conversations_archived;
ALTER TABLE conversations DROP COLUMN pinned_at;
ALTER TABLE conversations DROP COLUMN archived_at;
