"""The unit tests of the lifecycle, over PostgreSQL."""

from tests.unit.sessions.test_lifecycle import *  # noqa: F403
