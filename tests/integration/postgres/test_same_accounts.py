"""The unit tests of accounts, over PostgreSQL."""

from tests.unit.sessions.test_accounts import *  # noqa: F403
