DROP TABLE chores;
DROP TABLE changes;
DROP TABLE feeds;
