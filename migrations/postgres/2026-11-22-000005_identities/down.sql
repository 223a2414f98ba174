-- Deletes these users, because they could not sign in without the table.
DELETE FROM users WHERE id IN (SELECT user_id FROM identities);
DROP TABLE identities;
UPDATE users SET email = '', password_hash = '' WHERE email_key = '';
ALTER TABLE users ALTER COLUMN email SET NOT NULL;
ALTER TABLE users ALTER COLUMN password_hash SET NOT NULL;
