-- A user's replies in progress are counted at each send: by an index, for neither all runs nor all conversations of the
-- user are few. Null in what an older version writes while it still runs beside this one.
ALTER TABLE runs ADD COLUMN owner_id uuid;
UPDATE runs SET owner_id = (SELECT owner_id FROM conversations WHERE conversations.id = runs.conversation_id);
CREATE INDEX runs_by_owner ON runs (owner_id);

-- What waits for its turn is looked for whenever a reply ends.
CREATE INDEX runs_waiting ON runs (message_id) WHERE lease IS NULL;
