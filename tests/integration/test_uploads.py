"""Uploads to a node that is a process of its own: cut, whole in the end, in little memory."""

import os
from contextlib import AsyncExitStack
from pathlib import Path

from sessions.envelope import sealed_bytes
from tests.e2e.server import Server
from tests.uploads import memory_per_file, prospect_at, upload_in_pieces

AT_ONCE = 12


async def test_what_is_cut_again_and_again_comes_whole(tmp_path: Path) -> None:
    """F-25; `make bench` has it at full size."""
    server = await Server.start(tmp_path)
    try:
        async with AsyncExitStack() as stack:
            prospects = [
                await stack.enter_async_context(prospect_at(server)) for _ in range(AT_ONCE)
            ]
            data = os.urandom(sealed_bytes(12_000_000))
            whole, _ = await upload_in_pieces(prospects[0], data, cuts=5)
            assert whole
            up, down = await memory_per_file(server, prospects)
            assert up <= 2
            assert down <= 4  # of more than five; how many threads read at once varies
            await server.restart()  # what is stored is there, and so is whoever sent it
            assert (await upload_in_pieces(prospects[0], data, cuts=1))[0]
    finally:
        await server.stop()
