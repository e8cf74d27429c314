"""A connection that only listens: takes a browser's offer to send, and passes frames on.

It looks for nobody: whoever sends knocks here, and no address that they name is ever knocked at.
It does not know what becomes of the frames.
"""

import re
from typing import Final

from aiortc import RTCRtpReceiver

from media.connection import Reach
from media.doorstep import Doorstep
from media.ingress import Ingress, Sink, Way
from media.lipsync import Track
from media.sdp import MAX_BYTES

_CODECS: Final[dict[Track, frozenset[str]]] = {
    "audio": frozenset({"audio/opus"}),
    "video": frozenset({"video/vp8", "video/rtx"}),
}
_SECTION = re.compile(r"^m=(\w+) ", re.ASCII | re.MULTILINE)


class Listener(Doorstep):
    """`tracks` are those that were offered, at most one of each."""

    def __init__(self, reach: Reach, sink: Sink, most_bits: int, way: Way) -> None:
        super().__init__(reach)
        self.tracks: tuple[Track, ...] = ()
        self.ingress: Ingress | None = None
        self._sink = sink
        self._most_bits = most_bits
        self._way = way

    async def answer(self, offer: str) -> str:
        """Raises ValueError for an offer that is of no use, or where no address of ours is."""
        self.tracks = _tracks(offer)
        for track in self.tracks:
            transceiver = self._pc.addTransceiver(track, direction="recvonly")
            known = RTCRtpReceiver.getCapabilities(track)
            codecs = known.codecs if known else []
            transceiver.setCodecPreferences(
                [one for one in codecs if one.mimeType.lower() in _CODECS[track]]
            )
        answer = await self._answer_to(offer)
        self.ingress = self._way(self._pc, answer, self._sink, self._most_bits)
        return answer

    async def close(self) -> None:
        if self.ingress is not None:
            await self.ingress.close()
        await super().close()


def _tracks(offer: str) -> tuple[Track, ...]:
    if len(offer) > MAX_BYTES:
        raise ValueError("too large")
    found: list[Track] = []
    for kind in _SECTION.findall(offer):
        if kind not in ("audio", "video") or kind in found:
            raise ValueError("one sound and one picture at most, and nothing else")
        found.append(kind)
    if not found:
        raise ValueError("nothing is offered")
    return tuple(found)
