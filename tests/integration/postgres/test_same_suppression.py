"""The unit tests of whom no advertising may reach, over PostgreSQL."""

from tests.unit.sessions.test_suppression import *  # noqa: F403
