-- No change. On PostgreSQL foreign keys are dropped to avoid a deadlock. SQLite has only one writer.
SELECT 1;
