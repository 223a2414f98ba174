-- The provider's own description of a reply's failure.
ALTER TABLE messages ADD COLUMN error_details text;
