-- Whoever signs in at another provider has no password here, and perhaps no address that we know of. Their email_key is
-- their id, which is no address: nobody signs in by it.
ALTER TABLE users ALTER COLUMN email DROP NOT NULL;
ALTER TABLE users ALTER COLUMN password_hash DROP NOT NULL;
UPDATE users SET email = NULL, password_hash = NULL WHERE email_key = '';

-- The users of other providers, by what those call them.
CREATE TABLE identities (
    -- Made from the issuer and the subject.
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    issuer text NOT NULL,
    subject text NOT NULL,
    created_at timestamptz NOT NULL,
    -- When an account that they had before was deleted: no token from until then is good.
    deleted_at timestamptz
);
CREATE INDEX identities_by_user ON identities (user_id);
