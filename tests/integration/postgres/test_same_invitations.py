"""The unit tests of invitations, over PostgreSQL."""

from tests.unit.sessions.test_invitations import *  # noqa: F403
