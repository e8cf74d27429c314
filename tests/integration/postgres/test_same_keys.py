"""The unit tests of keys, over PostgreSQL."""

from tests.unit.sessions.test_keys import *  # noqa: F403
