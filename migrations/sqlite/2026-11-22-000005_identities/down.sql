-- Deletes these users, because they could not sign in without the table.
DELETE FROM users WHERE id IN (SELECT user_id FROM identities);
DROP TABLE identities;
ALTER TABLE users ADD COLUMN given_email text NOT NULL DEFAULT '';
ALTER TABLE users ADD COLUMN given_hash text NOT NULL DEFAULT '';
UPDATE users SET given_email = email, given_hash = password_hash WHERE email_key <> '';
ALTER TABLE users DROP COLUMN email;
ALTER TABLE users DROP COLUMN password_hash;
ALTER TABLE users RENAME COLUMN given_email TO email;
ALTER TABLE users RENAME COLUMN given_hash TO password_hash;
