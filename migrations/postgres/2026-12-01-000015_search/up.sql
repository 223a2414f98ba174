-- The search index: one row for each message that has ended, and for each title. The words are made by the server, and
-- begin with a few characters that depend on the owner. The owner is not named, because a deleted account must not be.
CREATE TABLE search_entries (
    -- The message, or the conversation if this is its title. Newer texts have greater keys.
    id uuid PRIMARY KEY,
    owner_prefix text NOT NULL,
    -- No foreign key: it would lock the conversation when a reply ends, after rows that are locked later elsewhere.
    conversation_id uuid NOT NULL,
    message_id uuid REFERENCES messages ON DELETE CASCADE,
    words tsvector NOT NULL
);
CREATE INDEX search_entries_by_owner ON search_entries (owner_prefix, id);
CREATE INDEX search_entries_by_message ON search_entries (message_id);
-- New words wait in a list, which each search scans. A long list would delay the transaction that empties it.
CREATE INDEX search_entries_by_word ON search_entries USING gin (words) WITH (gin_pending_list_limit = 512);

-- A title is forgotten with its conversation, and a new title is indexed again. Instances of older versions do not know
-- this table.
CREATE FUNCTION forget_title() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM search_entries WHERE id = OLD.id;
    RETURN NULL;
END $$;
CREATE TRIGGER conversations_title_changed AFTER UPDATE OF title ON conversations
    FOR EACH ROW WHEN (OLD.title IS DISTINCT FROM NEW.title) EXECUTE FUNCTION forget_title();
CREATE TRIGGER conversations_deleted AFTER DELETE ON conversations FOR EACH ROW EXECUTE FUNCTION forget_title();

-- One row: how far the walk that indexes old texts has come, and whether the first walk is complete.
CREATE TABLE search_progress (
    id integer PRIMARY KEY,
    position uuid NOT NULL,
    complete boolean NOT NULL
);
INSERT INTO search_progress
    SELECT 1, '00000000-0000-0000-0000-000000000000', NOT EXISTS (SELECT 1 FROM conversations);
