"""A part of a recording as a player wants it: with its length, and the places it can jump to.

What was only ever written at the end gets them in its first bytes, on the way out.
"""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Final

from media.webm import FOOT_BYTES, completed
from sessions.recordings import Part, Recordings
from sessions.vault import Vault

_HEAD_BYTES: Final = 4_096


async def reel(
    vault: Vault, recordings: Recordings, part: Part, start: int, end: int, *, actor: str
) -> AsyncGenerator[bytes]:
    """The bytes from `start` up to but not `end`; raises as Vault.open_recording."""

    async def all_of(start: int, end: int) -> bytes:
        pieces = vault.open_recording(recordings, part, start, end, actor=actor)
        return b"".join([piece async for piece in pieces])

    head = min(_HEAD_BYTES, part.size)
    if start < head:
        tail = await all_of(max(0, part.size - FOOT_BYTES), part.size)
        yield completed(await all_of(0, head), tail)[start:end]
        start = head
    if start < end:
        rest = vault.open_recording(recordings, part, start, end, actor=actor)
        async with aclosing(rest):
            async for piece in rest:
                yield piece
