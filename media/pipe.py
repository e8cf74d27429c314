"""Messages on the two pipes between a node and its recorder: what it is, of which part, and bytes.

It knows neither end, and nothing of pictures and sound.
"""

import asyncio
import re
import struct
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

MAX_BODY: Final = 256 * 1024  # bytes
PART: Final = re.compile(r"[A-Za-z0-9_.:-]{1,128}", re.ASCII)
_HEAD: Final = struct.Struct("!IBB")  # bytes after the head, kind, bytes of the name of the part


class Word(IntEnum):
    """What a message says. The first three go to the recorder, the others come from it."""

    TAKE = 1  # body: see `take`
    STOP = 2
    AGAIN = 3  # body: another offer, for a part that goes on with it
    READY = 16  # of no part
    ANSWER = 17  # body: the answer
    REFUSED = 18  # body: a code
    CHUNK = 19  # body: the next bytes of the file
    ENDED = 20  # body: a code


@dataclass(frozen=True, slots=True)
class Message:
    """One message. Raises ValueError for what does not fit."""

    word: Word
    part: str = ""
    body: bytes = b""

    def __post_init__(self) -> None:
        if len(self.body) > MAX_BODY or (self.part and PART.fullmatch(self.part) is None):
            raise ValueError("this does not fit into a message")

    def packed(self) -> bytes:
        name = self.part.encode()
        head = _HEAD.pack(len(name) + len(self.body), self.word, len(name))
        return b"".join((head, name, self.body))


def take(part: str, began_ms: int, offer: str) -> Message:
    """Take what is offered, into a file that begins at this time (ms since 1970)."""
    return Message(Word.TAKE, part, began_ms.to_bytes(8, "big") + offer.encode())


def taken(body: bytes) -> tuple[int, str]:
    """What `take` was given: when the file begins, and the offer."""
    return int.from_bytes(body[:8], "big"), body[8:].decode()


async def read(reader: asyncio.StreamReader) -> Message | None:
    """The next message; None where the pipe ends. Raises ValueError for anything else."""
    try:
        length, word, name = _HEAD.unpack(await reader.readexactly(_HEAD.size))
        if not name <= length <= name + MAX_BODY:
            raise ValueError("no message of ours")
        rest = await reader.readexactly(length)
    except asyncio.IncompleteReadError:
        return None  # also in the midst of a message: whoever wrote it is gone
    return Message(Word(word), rest[:name].decode("ascii"), rest[name:])
