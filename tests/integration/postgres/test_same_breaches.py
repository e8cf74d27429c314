"""The unit tests of breaches, over PostgreSQL."""

from tests.unit.sessions.test_breaches import *  # noqa: F403
