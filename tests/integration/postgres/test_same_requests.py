"""The unit tests of requests, over PostgreSQL."""

from tests.unit.sessions.test_requests import *  # noqa: F403
