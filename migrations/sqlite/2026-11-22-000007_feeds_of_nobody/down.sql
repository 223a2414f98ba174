-- Nothing: on PostgreSQL a foreign key goes, so that nobody waits for each other. Here there is but one writer.
SELECT 1;
