"""What a file costs: 200 MB cut ten times, and the memory of a node for each upload at once."""

import asyncio
import os
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path

from sessions.envelope import sealed_bytes
from tests.bench import Figure
from tests.e2e.server import Server
from tests.uploads import memory_per_file, prospect_at, upload_in_pieces

MEGABYTES = 200
CUTS = 10
AT_ONCE = 16  # as many as one network may have
ROUNDS = 3


def measure() -> list[Figure]:
    return asyncio.run(_measure())


async def _measure() -> list[Figure]:
    data = os.urandom(sealed_bytes(MEGABYTES * 1_000_000))
    whole, pace, up, down = [], [], [], []
    with tempfile.TemporaryDirectory() as folder:
        # Far from all that they are asked for: three rounds of 200 MB.
        wide = {"VISAVIS_FILE_MAX_MB": "200", "VISAVIS_SESSION_FILES_MB": "2000"}
        server = await Server.start(Path(folder), **wide)
        try:
            async with AsyncExitStack() as stack:
                prospects = [
                    await stack.enter_async_context(prospect_at(server)) for _ in range(AT_ONCE)
                ]
                # Only the first round takes memory anew: what was taken stays with the process.
                each = await memory_per_file(server, prospects)
                up.append(each[0])
                down.append(each[1])
                for _ in range(ROUNDS):
                    equal, seconds = await upload_in_pieces(prospects[0], data, cuts=CUTS)
                    whole.append(float(equal))
                    pace.append(2 * MEGABYTES / seconds)  # up, and down again
        finally:
            await server.stop()
    return [
        Figure(f"{MEGABYTES} MB cut {CUTS} times: hash equal", "", tuple(whole), "1"),
        Figure(f"{MEGABYTES} MB cut {CUTS} times, up and down", "MB/s", tuple(pace)),
        Figure(f"memory per upload, {AT_ONCE} at once", "MiB", tuple(up), "≤ 2"),
        Figure(f"memory per download, {AT_ONCE} at once", "MiB", tuple(down), "≤ 2"),
    ]
