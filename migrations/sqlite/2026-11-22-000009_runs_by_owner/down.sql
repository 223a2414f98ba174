DROP INDEX runs_waiting;
DROP INDEX runs_by_owner;
ALTER TABLE runs DROP COLUMN owner_id;
