DROP TRIGGER conversations_deleted;
DROP TRIGGER conversations_title_changed;
DROP TABLE search_progress;
DROP TABLE search_words;
DROP TABLE search_entries;
