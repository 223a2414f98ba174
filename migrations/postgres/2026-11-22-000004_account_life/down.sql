DROP TABLE export_tickets;
DROP TABLE security_events;
DROP TABLE access_tokens;
DELETE FROM users WHERE id = '00000000-0000-0000-0000-000000000000';
