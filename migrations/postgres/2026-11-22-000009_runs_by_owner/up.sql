-- Each send counts the user's replies in progress. It needs an index, because the table of runs and the user's
-- conversations may be large. The column is null in rows that an older version writes while it runs beside this one.
ALTER TABLE runs ADD COLUMN owner_id uuid;
UPDATE runs SET owner_id = (SELECT owner_id FROM conversations WHERE conversations.id = runs.conversation_id);
CREATE INDEX runs_by_owner ON runs (owner_id);

-- Whenever a reply ends, the runs that wait for their turn are queried.
CREATE INDEX runs_waiting ON runs (message_id) WHERE lease IS NULL;
