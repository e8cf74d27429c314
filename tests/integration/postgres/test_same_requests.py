"""The unit tests of corrections and requests, over PostgreSQL."""

from tests.unit.sessions.test_corrections import *  # noqa: F403
from tests.unit.sessions.test_requests import *  # noqa: F403
