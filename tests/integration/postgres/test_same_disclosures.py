"""The unit tests of disclosures, over PostgreSQL."""

from tests.unit.sessions.test_disclosures import *  # noqa: F403
