"""`visavis doctor` on the exit: whether something was asked for lately without a ground.

Where nothing was refused there is nothing to say.
"""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime

from sessions.clock import wall_clock_ms
from sessions.condition import refused_at_ms
from sessions.exit import LATELY_MS
from web.findings import Finding, warning
from web.settings import Settings


async def exits(settings: Settings) -> AsyncIterator[Finding]:
    try:
        at_ms = await asyncio.to_thread(refused_at_ms, settings.database)
    except (ConnectionError, ValueError, OSError):
        return  # the examination of the databases says so
    if at_ms is not None and at_ms >= wall_clock_ms() - LATELY_MS:
        yield warning("exit.refused", day=f"{datetime.fromtimestamp(at_ms / 1_000, UTC):%Y-%m-%d}")
