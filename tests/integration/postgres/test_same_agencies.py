"""The unit tests of agencies, over PostgreSQL."""

from tests.unit.sessions.test_agencies import *  # noqa: F403
