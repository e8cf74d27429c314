"""One connection to one other end of a call: warmed up without media, as `web/client` has it.

It does not know why somebody is called, nor how descriptions travel.
"""

import asyncio
import logging
from typing import Any, Final

from aiortc import RTCRtpSender
from aiortc.mediastreams import MediaStreamTrack

from media.connection import Connection, Reach
from media.synthetic import Picture, Sight, Sound, Tone, listen, watch

_log: Final = logging.getLogger(__name__)
_PREFERRED: Final = frozenset({"video/VP8", "video/rtx"})  # every browser has it


class Peer(Connection):
    """Sends a tone and a picture from `go_live` on, and looks at what comes."""

    def __init__(
        self, reach: Reach, *, voice: Tone, picture: Picture, expects: int | None,
        live: bool = False,
    ) -> None:  # fmt: skip
        """`expects`: the tone of the other end, by its periods in a frame. `live`: already."""
        super().__init__(reach)
        self.sound, self.sight = Sound(), Sight()
        self._sends: dict[str, MediaStreamTrack] = {"audio": voice, "video": picture}
        self._expects = expects
        self._live = live
        self._tasks: set[asyncio.Task[None]] = set()
        self._pc.on("track", self._tracked)

    async def offer(self) -> str:
        """A description with room for sound and picture both ways, and nothing in it."""
        self._pc.addTransceiver("audio", direction="sendrecv")
        video = self._pc.addTransceiver("video", direction="sendrecv")
        codecs = RTCRtpSender.getCapabilities("video").codecs
        video.setCodecPreferences([one for one in codecs if one.mimeType in _PREFERRED])
        self._attach()
        return await self._describe("offer")

    async def answer(self, sdp: str) -> str:
        """The answer to their offer. Raises AnotherRound too."""
        await self._take(sdp, "offer")
        for transceiver in self._pc.getTransceivers():
            transceiver.direction = "sendrecv"
        self._attach()
        return await self._describe("answer")

    def go_live(self) -> None:
        """From now on tone and picture are sent; never before."""
        self._live = True
        self._attach()

    async def transport(self) -> dict[str, float]:
        """How it arrived: `loss_pct` of all packets until now, `rtt_ms` where it is known."""
        found: list[Any] = list((await self._pc.getStats()).values())
        came = [one for one in found if one.type == "inbound-rtp"]
        back = [one.roundTripTime for one in found if one.type == "remote-inbound-rtp"]
        lost = sum(max(0, one.packetsLost) for one in came)
        all_ = lost + sum(one.packetsReceived for one in came)
        numbers = {} if all_ == 0 else {"loss_pct": round(100 * lost / all_, 2)}
        known = [seconds for seconds in back if seconds is not None]
        return numbers | ({"rtt_ms": round(1_000 * max(known), 1)} if known else {})

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for track in self._sends.values():
            track.stop()
        await super().close()

    def _attach(self) -> None:
        for transceiver in self._pc.getTransceivers() if self._live else ():
            transceiver.sender.replaceTrack(self._sends[transceiver.kind])

    def _tracked(self, track: MediaStreamTrack) -> None:
        job = (
            listen(track, self.sound, self._expects)
            if track.kind == "audio"
            else watch(track, self.sight)
        )
        task = asyncio.get_running_loop().create_task(job)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (failure := task.exception()) is not None:
            _log.error("a track was not taken to its end", exc_info=failure)
