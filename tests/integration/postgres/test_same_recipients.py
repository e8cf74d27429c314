"""The unit tests of recipients, over PostgreSQL."""

from tests.unit.sessions.test_recipients import *  # noqa: F403
