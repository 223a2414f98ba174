-- Generation parameters as JSON: those of a conversation, and those that a reply was requested with.
ALTER TABLE conversations ADD COLUMN generation text NOT NULL DEFAULT '{}';
ALTER TABLE messages ADD COLUMN generation text;
