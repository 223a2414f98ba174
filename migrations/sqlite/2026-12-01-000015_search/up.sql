-- The search index: one row for each message that has ended, and for each title. The words are made by the server, and
-- begin with a few characters that depend on the owner. The owner is not named, because a deleted account must not be.
CREATE TABLE search_entries (
    -- Ordered like the column id, because the words are found in the order of this key.
    key integer PRIMARY KEY NOT NULL,
    -- The message, or the conversation if this is its title. Newer texts have greater keys.
    id blob NOT NULL CONSTRAINT search_entries_id_key UNIQUE,
    -- No foreign key, as on PostgreSQL.
    conversation_id blob NOT NULL,
    message_id blob REFERENCES messages ON DELETE CASCADE
) STRICT;
CREATE INDEX search_entries_by_message ON search_entries (message_id);

-- The words, by the key of their entry. The index stores no texts. The tokenizer splits at spaces only, because words
-- have letters, digits and characters beyond ASCII. Four characters of each word depend on the owner, so the additional
-- indexes are those of prefixes with two and three characters.
CREATE VIRTUAL TABLE search_words USING fts5 (
    words, content = '', contentless_delete = 1, detail = none, tokenize = 'ascii', prefix = '6 7'
);
CREATE TRIGGER search_entries_deleted AFTER DELETE ON search_entries BEGIN
    DELETE FROM search_words WHERE rowid = OLD.key;
END;

-- A title is forgotten with its conversation, and a new title is indexed again. Instances of older versions do not know
-- this table.
CREATE TRIGGER conversations_title_changed AFTER UPDATE OF title ON conversations WHEN OLD.title <> NEW.title BEGIN
    DELETE FROM search_entries WHERE id = OLD.id;
END;
CREATE TRIGGER conversations_deleted AFTER DELETE ON conversations BEGIN
    DELETE FROM search_entries WHERE id = OLD.id;
END;

-- One row: how far the walk that indexes old texts has come, and whether the first walk is complete.
CREATE TABLE search_progress (
    id integer PRIMARY KEY NOT NULL,
    position blob NOT NULL,
    complete integer NOT NULL
) STRICT;
INSERT INTO search_progress SELECT 1, zeroblob(16), NOT EXISTS (SELECT 1 FROM conversations);
