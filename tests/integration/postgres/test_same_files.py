"""The unit tests of files, of erasing them, and of the audit chain, over PostgreSQL."""

from tests.unit.sessions.test_audit import *  # noqa: F403
from tests.unit.sessions.test_erasure import *  # noqa: F403
from tests.unit.sessions.test_files import *  # noqa: F403
