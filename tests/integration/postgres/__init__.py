"""What holds over SQLite holds over PostgreSQL, and what only a server shared by nodes can do."""
