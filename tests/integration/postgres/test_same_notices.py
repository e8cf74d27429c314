"""The unit tests of the archive of notices, over PostgreSQL."""

from tests.unit.sessions.test_notices import *  # noqa: F403
