"""Recordings: a recorder process, and whoever sends to it."""
