"""What takes encoded frames off a connection, whichever way: its shape, and where frames go."""

from collections.abc import Callable
from typing import Protocol

from aiortc import RTCPeerConnection

from media.lipsync import Track


class Sink(Protocol):
    """Where frames go. `now` is of the monotonic clock, `timestamp` of RTP."""

    def frame(self, track: Track, timestamp: int, data: bytes, alone: bool, now: float) -> None: ...

    def report(self, track: Track, sender_seconds: float, timestamp: int) -> None:
        """The sender's own clock at one of its timestamps, for what is in step with what."""

    def failed(self) -> None:
        """Something went wrong that should not have: there is no point in going on."""


class Ingress(Protocol):
    """Takes frames until it is closed.

    `signs` of life have come until now, of whatever kind, and `bytes` of sound and picture.
    """

    signs: int
    bytes: int

    def picture_please(self) -> None:
        """What comes next is worth nothing before a picture that stands alone."""

    async def close(self) -> None: ...


# A connection, what was answered to the other end, where frames go, bits a second to ask for at
# most. Raises ValueError where it is of no use.
Way = Callable[[RTCPeerConnection, str, Sink, int], Ingress]
