DROP TABLE sends;
DROP TABLE runs;
DROP TABLE messages;
DROP TABLE conversations;
DROP TABLE sessions;
DROP TABLE users;
