"""The unit tests of exports for the provider, over PostgreSQL."""

from tests.unit.sessions.test_provider_exports import *  # noqa: F403
