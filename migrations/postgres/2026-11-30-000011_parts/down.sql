DROP TABLE message_parts;
ALTER TABLE messages DROP COLUMN context;
ALTER TABLE messages DROP COLUMN reasoning_tokens;
ALTER TABLE messages DROP COLUMN cached_tokens;
