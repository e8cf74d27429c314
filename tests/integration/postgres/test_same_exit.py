"""The unit tests of the exit, over PostgreSQL."""

from tests.unit.sessions.test_exit import *  # noqa: F403
