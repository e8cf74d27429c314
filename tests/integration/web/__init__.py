"""The whole node over HTTP, on a temporary SQLite."""
