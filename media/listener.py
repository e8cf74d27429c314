"""A connection that only listens: takes a browser's offer to send, and passes frames on.

It looks for nobody: whoever sends knocks here, and no address that they name is ever knocked at.
It does not know what becomes of the frames.
"""

import re
from dataclasses import replace
from typing import Final

from aiortc import RTCRtpReceiver

from media.connection import Connection, Reach
from media.ingress import Ingress, Sink, Way
from media.lipsync import Track
from media.sdp import MAX_BYTES

_CODECS: Final[dict[Track, frozenset[str]]] = {
    "audio": frozenset({"audio/opus"}),
    "video": frozenset({"video/vp8", "video/rtx"}),
}
_SECTION = re.compile(r"^m=(\w+) ", re.ASCII | re.MULTILINE)
_CANDIDATES = re.compile(r"a=(candidate:|end-of-candidates)[^\r\n]*\r\n", re.ASCII)


class Listener(Connection):
    """`tracks` are those that were offered, at most one of each.

    An address of `reach` that is known by another outside is "outside/own".
    """

    def __init__(self, reach: Reach, sink: Sink, most_bits: int, way: Way) -> None:
        names = [address.partition("/") for address in reach.addresses]
        self._names = {own or said: said for said, _, own in names}
        super().__init__(replace(reach, addresses=tuple(self._names)))
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
        await self._take(_CANDIDATES.sub("", offer), "offer")
        answer = _announced(await self._describe("answer"), self._names)
        if "a=candidate:" not in answer:
            raise ValueError("nobody could reach this end")
        self.ingress = self._way(self._pc, answer, self._sink, self._most_bits)
        return answer

    async def close(self) -> None:
        if self.ingress is not None:
            await self.ingress.close()
        await super().close()


def _announced(sdp: str, names: dict[str, str]) -> str:
    """With the addresses by which those outside know ours."""
    for own, said in names.items():
        sdp = re.sub(rf"(?<= ){re.escape(own)}(?=[ \r])", said, sdp)
    return sdp


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
