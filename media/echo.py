"""The far end of a checkup: sends back what comes on one data channel, until it is enough.

What comes are numbered packets of no meaning (PROTOCOL.md, Checkup). Picture and sound are refused
with the offer. It does not know whose connection it tries, nor what becomes of the figures.
"""

import asyncio
import logging
import re
import struct
from contextlib import suppress
from time import monotonic
from typing import Final

from aiortc import RTCDataChannel

from media.connection import Reach
from media.doorstep import Doorstep
from media.sdp import MAX_BYTES

CONNECT_SECONDS: Final = 10.0
CHECK_SECONDS: Final = 8.0
MOST_BYTES: Final = 140_000  # of one checkup: twice what a page of ours sends
_LARGEST: Final = 1_200  # of a packet
_SMALLEST: Final = 12
_HEAD: Final = struct.Struct("!II")  # after their number: packets that came, ms of our clock
_SECTION = re.compile(r"^m=(\w+) ", re.ASCII | re.MULTILINE)
_log: Final = logging.getLogger(__name__)


class Echo(Doorstep):
    """One checkup, as `recording.Taker` has it."""

    def __init__(self, reach: Reach) -> None:
        super().__init__(reach)
        self._over = asyncio.Event()
        self._code = "stopped"
        self._channel: RTCDataChannel | None = None
        self._came = self._bytes = 0
        self._pc.on("datachannel", self._opened)

    async def answer(self, offer: str) -> str:
        """Raises ValueError for anything but one data channel; nothing of it is left then."""
        try:
            if len(offer) > MAX_BYTES or _SECTION.findall(offer) != ["application"]:
                raise ValueError("a checkup is one data channel, and nothing else")
            return await self._answer_to(offer)
        except BaseException:
            await self.close()
            raise

    async def again(self, offer: str) -> str:
        """Never: a checkup is over before anybody could have lost it."""
        raise ValueError("a checkup has one offer")

    def stop(self, code: str = "stopped") -> None:
        """Nothing is sent back from now on. Only the first word counts."""
        if not self._over.is_set():
            self._code = code
            self._over.set()

    async def run(self) -> str:
        """Until it is over; "lost" where nobody came or somebody went, "too_large" for a flood."""
        for happens, seconds in ((self.connected, CONNECT_SECONDS), (None, CHECK_SECONDS)):
            waits = [self._over, self.broken, *([] if happens is None else [happens])]
            tasks = [asyncio.ensure_future(one.wait()) for one in waits]
            try:
                await asyncio.wait(tasks, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in tasks:
                    task.cancel()
            if self._over.is_set():
                return self._code
            if self.broken.is_set() or not self.connected.is_set():
                return "lost"
        return self._code

    # -- what comes

    def _opened(self, channel: RTCDataChannel) -> None:
        if self._channel is not None:
            self.stop("too_large")
            return
        self._channel = channel
        channel.on("message", self._packet)

    def _packet(self, packet: bytes | str) -> None:
        if self._over.is_set() or self._channel is None:
            return
        self._came += 1
        self._bytes += len(packet)
        if self._bytes > MOST_BYTES or not isinstance(packet, bytes) or len(packet) > _LARGEST:
            self.stop("too_large")
        elif len(packet) >= _SMALLEST and self._channel.readyState == "open":
            back = bytearray(packet)
            now_ms = int(monotonic() * 1_000) & 0xFFFF_FFFF
            _HEAD.pack_into(back, 4, self._came, now_ms)
            with suppress(Exception):
                self._channel.send(bytes(back))
