-- A user of an identity provider has no password here, and may have no known address. Their email_key is their id. It
-- is not an address, so nobody can sign in with it. (SQLite cannot drop NOT NULL, so the columns are created again.)
ALTER TABLE users ADD COLUMN nullable_email text;
ALTER TABLE users ADD COLUMN nullable_hash text;
UPDATE users SET nullable_email = email, nullable_hash = password_hash WHERE email_key <> '';
ALTER TABLE users DROP COLUMN email;
ALTER TABLE users DROP COLUMN password_hash;
ALTER TABLE users RENAME COLUMN nullable_email TO email;
ALTER TABLE users RENAME COLUMN nullable_hash TO password_hash;

-- The users of identity providers, by the provider's identifier.
CREATE TABLE identities (
    -- Computed from the issuer and the subject.
    id blob PRIMARY KEY NOT NULL,
    user_id blob NOT NULL REFERENCES users ON DELETE CASCADE,
    issuer text NOT NULL,
    subject text NOT NULL,
    created_at integer NOT NULL,
    -- When the previous account was deleted. Tokens issued until then are rejected.
    deleted_at integer
) STRICT;
CREATE INDEX identities_by_user ON identities (user_id);
