"""The unit tests of handing sessions over, from PostgreSQL."""

from tests.unit.sessions.test_transfer import *  # noqa: F403
