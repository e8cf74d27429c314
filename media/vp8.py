"""VP8 as it comes in RTP packets (RFC 7741): put together into frames, whatever is lost or late.

It decodes nothing (RFC 6386 only for the size of a picture) and knows neither sockets nor clocks.
"""

import struct
from collections.abc import Callable
from typing import Final, NamedTuple

WAIT_SECONDS: Final = 0.8  # for a packet that is missing, before its picture is given up
_MAX_FRAME: Final = 4_000_000  # bytes
_MAX_WAITING: Final = 2_048  # packets
_MAX_LATE: Final = 200  # packets one after the other: then the numbers began anew
_HALF: Final = 0x8000


class Frame(NamedTuple):
    """One picture. `alone`: it needs none before it."""

    timestamp: int  # of RTP, 32 bits
    data: bytes
    alone: bool


class _Packet(NamedTuple):
    timestamp: int
    last: bool  # of its frame
    payload: bytes


def descriptor(payload: bytes) -> tuple[int, bool]:
    """How many bytes go before the picture itself, and whether a frame begins here.

    Raises IndexError for what is cut off.
    """
    first, length = payload[0], 1
    if first & 0x80:
        more, length = payload[1], 2
        if more & 0x80:  # PictureID, of one or two bytes
            length += 2 if payload[length] & 0x80 else 1
        length += (more & 0x40 != 0) + (more & 0x30 != 0)
    return length, first & 0x17 == 0x10


def size(frame: bytes) -> tuple[int, int] | None:
    """Width and height in points of a picture that stands alone; None for any other."""
    if len(frame) < 10 or frame[0] & 1 or frame[3:6] != b"\x9d\x01\x2a":
        return None
    width, height = struct.unpack("<HH", frame[6:10])
    return (width & 0x3FFF, height & 0x3FFF) if width & 0x3FFF and height & 0x3FFF else None


class Assembler:
    """Frames in order from packets in any. After a loss it waits for a picture that stands alone.

    `now` is in seconds of any clock that only goes forward.
    """

    def __init__(self, out: Callable[[Frame], None]) -> None:
        self.wants_picture = True  # one that stands alone: ask for it
        self._out = out
        self._waiting: dict[int, _Packet] = {}
        self._next: int | None = None
        self._parts: list[bytes] = []
        self._length = 0
        self._whole = False  # all of this frame since its beginning is there
        self._hole_since: float | None = None
        self._late = 0

    def add(self, number: int, timestamp: int, last: bool, payload: bytes, now: float) -> None:
        """One packet: its number (16 bits), time (32 bits), marker, and what it carries."""
        if self._next is None:
            self._next = number
        if (number - self._next) & 0xFFFF >= _HALF:  # given up, or twice
            self._late += 1
            if self._late <= _MAX_LATE:
                return
            self._begin_at(number)
        self._late = 0
        self._waiting[number] = _Packet(timestamp, last, payload)
        self._go_on(now)

    def lost_track(self) -> None:
        """What comes next makes sense only from a picture on that stands alone."""
        self.wants_picture = True

    def _go_on(self, now: float) -> None:
        while self._waiting:
            assert self._next is not None
            packet = self._waiting.pop(self._next, None)
            if packet is not None:
                self._hole_since = None
                self._next = (self._next + 1) & 0xFFFF
                self._packet(packet)
            elif self._hole_since is None:
                self._hole_since = now
                return
            elif now - self._hole_since < WAIT_SECONDS and len(self._waiting) < _MAX_WAITING:
                return
            else:
                following = self._next
                self._begin_at(min(self._waiting, key=lambda n: (n - following) & 0xFFFF))
        self._hole_since = None

    def _begin_at(self, number: int) -> None:
        self._next = number
        self._waiting = {
            n: p for n, p in self._waiting.items() if (n - number) & 0xFFFF < _HALF
        }  # fmt: skip
        self._hole_since = None
        self._drop()
        self.wants_picture = True

    def _packet(self, packet: _Packet) -> None:
        if not packet.payload:  # padding
            return
        try:
            skipped, begins = descriptor(packet.payload)
        except IndexError:
            self._begin_at(self._next or 0)
            return
        if begins:
            self.wants_picture |= self._parts != []  # the end of the one before never came
            self._drop()
            self._whole = True
        self._parts.append(packet.payload[skipped:])
        self._length += len(packet.payload) - skipped
        if self._length > _MAX_FRAME:
            self._begin_at(self._next or 0)
        elif packet.last:
            self._frame(packet.timestamp)

    def _frame(self, timestamp: int) -> None:
        data, whole = b"".join(self._parts), self._whole
        self._drop()
        if not whole or not data:
            self.wants_picture = True
            return
        alone = not data[0] & 1
        if alone and size(data) is not None:
            self.wants_picture = False
        if not self.wants_picture:
            self._out(Frame(timestamp, data, alone))

    def _drop(self) -> None:
        self._parts, self._length, self._whole = [], 0, False
