DROP TABLE export_tickets;
DROP TABLE security_events;
DROP TABLE access_tokens;
DELETE FROM users WHERE id = zeroblob(16);
