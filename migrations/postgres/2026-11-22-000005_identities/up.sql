-- A user of an identity provider has no password here, and may have no known address. Their email_key is their id. It
-- is not an address, so nobody can sign in with it.
ALTER TABLE users ALTER COLUMN email DROP NOT NULL;
ALTER TABLE users ALTER COLUMN password_hash DROP NOT NULL;
UPDATE users SET email = NULL, password_hash = NULL WHERE email_key = '';

-- The users of identity providers, by the provider's identifier.
CREATE TABLE identities (
    -- Computed from the issuer and the subject.
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    issuer text NOT NULL,
    subject text NOT NULL,
    created_at timestamptz NOT NULL,
    -- When the previous account was deleted. Tokens issued until then are rejected.
    deleted_at timestamptz
);
CREATE INDEX identities_by_user ON identities (user_id);
