-- Whoever signs in at another provider has no password here, and perhaps no address that we know of. Their email_key is
-- their id, which is no address: nobody signs in by it. (SQLite lifts no NOT NULL: the columns are made anew.)
ALTER TABLE users ADD COLUMN nullable_email text;
ALTER TABLE users ADD COLUMN nullable_hash text;
UPDATE users SET nullable_email = email, nullable_hash = password_hash WHERE email_key <> '';
ALTER TABLE users DROP COLUMN email;
ALTER TABLE users DROP COLUMN password_hash;
ALTER TABLE users RENAME COLUMN nullable_email TO email;
ALTER TABLE users RENAME COLUMN nullable_hash TO password_hash;

-- The users of other providers, by what those call them.
CREATE TABLE identities (
    -- Made from the issuer and the subject.
    id blob PRIMARY KEY NOT NULL,
    user_id blob NOT NULL REFERENCES users ON DELETE CASCADE,
    issuer text NOT NULL,
    subject text NOT NULL,
    created_at integer NOT NULL,
    -- When an account that they had before was deleted: no token from until then is good.
    deleted_at integer
) STRICT;
CREATE INDEX identities_by_user ON identities (user_id);
