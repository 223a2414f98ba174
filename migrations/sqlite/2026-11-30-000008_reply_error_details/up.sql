-- The provider's own words about a reply that failed.
ALTER TABLE messages ADD COLUMN error_details text;
