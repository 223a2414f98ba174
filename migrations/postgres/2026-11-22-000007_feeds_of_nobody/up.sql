-- What is added to a feed must not wait for the user's row: whoever deletes the user holds that, and waits for the feed's.
-- Who deletes a user deletes the feed.
ALTER TABLE feeds DROP CONSTRAINT feeds_user_id_fkey;
ALTER TABLE changes DROP CONSTRAINT changes_user_id_fkey;
