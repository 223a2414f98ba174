ALTER TABLE messages DROP COLUMN error_details;
