"""The unit tests of handovers, over PostgreSQL."""

from tests.unit.sessions.test_handovers import *  # noqa: F403
