DROP TRIGGER conversations_deleted ON conversations;
DROP TRIGGER conversations_title_changed ON conversations;
DROP FUNCTION forget_title;
DROP TABLE search_progress;
DROP TABLE search_entries;
