"""Encoded frames by aiortc's own way, with a decoder that does not decode: slower, but promised.

Taken where `media.passthrough` does not work any more, after an upgrade for instance. Packets that
are lost cost more sound, picture and sound are less well in step, one jumps less finely, and who
sends nothing for a while counts as gone.
"""

import asyncio
import logging
from contextlib import suppress
from time import monotonic
from typing import Any, Final

from aiortc import RTCPeerConnection, rtcrtpreceiver
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack

from media.ingress import Sink

_DECODERS: Final = "get_decoder"  # nobody promised that it is looked up there
_log: Final = logging.getLogger(__name__)


class _Undecoded:
    """In place of a decoder."""

    def decode(self, encoded: Any) -> list[Any]:
        return [encoded]


def install() -> None:
    """From now on no connection of this process decodes anything."""
    setattr(rtcrtpreceiver, _DECODERS, lambda codec: _Undecoded())


class Detour:
    """Begins at once. `install` must have been called."""

    def __init__(self, pc: RTCPeerConnection, answer: str, sink: Sink, most_bits: int) -> None:
        self.signs = self.bytes = 0  # frames are all that is seen here
        self._sink = sink
        self._wants_picture = True
        loop = asyncio.get_running_loop()
        tracks = [one.receiver.track for one in pc.getTransceivers() if one.mid is not None]
        self._tasks = [loop.create_task(self._take(track)) for track in tracks]

    def picture_please(self) -> None:
        self._wants_picture = True

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _take(self, track: MediaStreamTrack) -> None:
        with suppress(MediaStreamError):
            while True:
                frame: Any = await track.recv()
                try:
                    self._frame(track.kind, frame.timestamp & 0xFFFF_FFFF, frame.data)
                except Exception as error:
                    _log.warning("frames could not be taken: %s", type(error).__name__)
                    self._sink.failed()
                    return

    def _frame(self, kind: str, timestamp: int, data: bytes) -> None:
        self.signs += 1
        self.bytes += len(data)
        if not data:
            return
        if kind == "audio":
            self._sink.frame("audio", timestamp, data, True, monotonic())
            return
        alone = not data[0] & 1
        self._wants_picture &= not alone
        if not self._wants_picture:
            self._sink.frame("video", timestamp, data, alone, monotonic())
