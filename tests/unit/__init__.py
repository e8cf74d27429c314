"""Fast tests without network, database servers or browsers."""
