-- When the user archived or pinned a conversation. Both lists have an index of their own, because most conversations
-- are neither archived nor pinned.
ALTER TABLE conversations ADD COLUMN archived_at integer;
ALTER TABLE conversations ADD COLUMN pinned_at integer;
CREATE INDEX conversations_archived ON conversations (owner_id, updated_at DESC, id DESC)
    WHERE archived_at IS NOT NULL;
CREATE INDEX conversations_pinned ON conversations (owner_id, updated_at DESC, id DESC) WHERE pinned_at IS NOT NULL;

-- The user's rating of a reply.
ALTER TABLE messages ADD COLUMN rating text;
ALTER TABLE messages ADD COLUMN rating_note text;

-- The kind of a change, if the constraint on `kind` does not permit it. `kind` then has the closest older kind, which
-- instances of an older version read while they run beside this one.
ALTER TABLE changes ADD COLUMN precise_kind text;

-- The latest import ticket of each user, valid for one upload and a short time.
CREATE TABLE import_tickets (
    user_id blob PRIMARY KEY NOT NULL REFERENCES users ON DELETE CASCADE,
    -- SHA-256 of the ticket, most of which is random.
    hash blob NOT NULL CONSTRAINT import_tickets_hash_key UNIQUE,
    expires_at integer NOT NULL
) STRICT;
