"""The unit tests of letters, over PostgreSQL."""

from tests.unit.sessions.test_letters import *  # noqa: F403
