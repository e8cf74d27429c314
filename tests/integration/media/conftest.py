"""One recorder for all tests of a module: whatever one does to it, the next finds it working."""

from collections.abc import AsyncIterator

import pytest

from media.recorder import Recorder, command
from tests.integration.media.files import Ears, gone


@pytest.fixture(scope="module")
def ears() -> Ears:
    return Ears()


@pytest.fixture(scope="module")
async def recorder(ears: Ears) -> AsyncIterator[Recorder]:
    """Over loopback, and sooner sure that nobody is there."""
    running = Recorder(ears, command=command(loopback=True, most_parts=3, silent_seconds=3))
    await running.warm()
    yield running
    await gone(running)
