"""The unit tests of the log, over PostgreSQL."""

from tests.unit.sessions.test_log import *  # noqa: F403
