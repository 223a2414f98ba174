-- When the user of a session authenticated at the identity provider. NULL if the user signed in with the password.
ALTER TABLE sessions ADD COLUMN authenticated_at integer;
