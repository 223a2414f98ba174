-- What a reply's prompt contained, as JSON.
ALTER TABLE messages ADD COLUMN context text;
ALTER TABLE messages ADD COLUMN reasoning_tokens integer;
ALTER TABLE messages ADD COLUMN cached_tokens integer;

-- The parts of the replies that have more than text. The text is in messages.content.
CREATE TABLE message_parts (
    message_id blob PRIMARY KEY NOT NULL REFERENCES messages ON DELETE CASCADE,
    -- The attempt that wrote the parts. If the message has another attempt, the row is outdated.
    attempt integer NOT NULL,
    -- The kind of each part and its start, in bytes, as JSON.
    heads text NOT NULL,
    -- The parts that are not text, one after another.
    rest text NOT NULL
) STRICT;
