-- Appending to a feed must not wait for the user's row, because a transaction that deletes the user holds that row and
-- waits for the feed's row. That transaction deletes the feed itself.
ALTER TABLE feeds DROP CONSTRAINT feeds_user_id_fkey;
ALTER TABLE changes DROP CONSTRAINT changes_user_id_fkey;
