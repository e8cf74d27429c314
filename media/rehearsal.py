"""Tries, before anybody is recorded, whether frames are had the short way; else takes the long one.

Two ends in this process: one sends a tone and a picture over loopback, the other listens.
"""

import asyncio
import logging
from typing import Any, Final

from aiortc import RTCRtpSender

from media import detour, verdict
from media.connection import Connection, Reach
from media.ingress import Way
from media.lipsync import Track
from media.listener import Listener
from media.pace import MOST_BITS
from media.passthrough import Passthrough
from media.synthetic import Picture, Tone

SECONDS: Final = 15.0  # only ever waited out where it fails
_SOUNDS: Final = 3
_CODECS: Final = frozenset({"opus", "VP8"})
_log: Final = logging.getLogger(__name__)


class Caller(Connection):
    """Sends a tone and a picture, and listens to nobody."""

    def __init__(self, reach: Reach, *sends: Tone | Picture) -> None:
        super().__init__(reach)
        self._sends = sends

    async def offer(self) -> str:
        for track in self._sends:
            transceiver = self._pc.addTransceiver(track, direction="sendonly")
            known = RTCRtpSender.getCapabilities(track.kind)
            codecs = [] if known is None else known.codecs
            transceiver.setCodecPreferences([one for one in codecs if one.name in _CODECS])
        offer = await self._describe("offer")
        if verdict.needed():  # the end that is begun with is shown no certificate then
            for transceiver in self._pc.getTransceivers():
                dtls: Any = transceiver.sender.transport
                dtls._validate_peer_identity = lambda parameters: None
        return offer

    async def close(self) -> None:
        for track in self._sends:
            track.stop()
        await super().close()


class _Count:
    """Frames that came."""

    def __init__(self) -> None:
        self.enough = asyncio.Event()
        self._sounds = self._pictures = 0

    def frame(self, track: Track, timestamp: int, data: bytes, alone: bool, now: float) -> None:
        self._sounds += track == "audio"
        self._pictures += track == "video"
        if self._sounds >= _SOUNDS and self._pictures:
            self.enough.set()

    def report(self, track: Track, sender_seconds: float, timestamp: int) -> None: ...

    def failed(self) -> None: ...


async def works(way: Way, seconds: float = SECONDS) -> bool:
    """Whether sound and picture come through this way."""
    count = _Count()
    reach = Reach(loopback=True)
    caller = Caller(reach, Tone(10), Picture())
    listener = Listener(reach, count, MOST_BITS, way)
    try:
        async with asyncio.timeout(seconds):
            await caller.answered(await listener.answer(await caller.offer()))
            await count.enough.wait()
        return True
    except Exception as error:
        _log.warning("a rehearsal failed: %s", type(error).__name__)
        return False
    finally:
        await listener.close()
        await caller.close()


async def way(seconds: float = SECONDS) -> Way:
    """The best way that works here; what does not work within so many seconds does not."""
    if await works(Passthrough, seconds):
        return Passthrough
    _log.error("frames are taken the long way: aiortc is not as it was")
    detour.install()
    return detour.Detour
