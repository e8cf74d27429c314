"""The unit tests of recordings, over PostgreSQL."""

from tests.unit.sessions.test_recordings import *  # noqa: F403
