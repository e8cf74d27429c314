"""The files of deploy/, tried for real."""
