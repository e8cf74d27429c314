"""Somebody to record in this process, and the recorder as the system sees it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from typing import Final

from media.connection import Reach
from media.recorder import Recorder
from media.rehearsal import Caller
from media.synthetic import Picture, Tone
from tests.patience import PATIENCE_SECONDS

LOOPBACK: Final = Reach(loopback=True)
names: Final = (f"part-{number}" for number in count())


@asynccontextmanager
async def recorded(
    recorder: Recorder, *sends: Tone | Picture
) -> AsyncIterator[tuple[str, Caller, str]]:
    """Somebody who sends this: the name of the part, they themselves, and what they were told."""
    part, caller = next(names), Caller(LOOPBACK, *sends)
    try:
        answer = await recorder.take(part, await caller.offer())
        await caller.answered(answer)
        async with asyncio.timeout(PATIENCE_SECONDS):
            await caller.connected.wait()
        yield part, caller, answer
    finally:
        await caller.close()
        await recorder.stop(part)


def process_of(recorder: Recorder) -> int:
    assert recorder._process is not None
    return recorder._process.pid
