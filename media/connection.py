"""One RTCPeerConnection of ours in aiortc: guarded, fed only what was filtered, and ended whole.

It does not know what flows over it, why, nor how descriptions travel.
"""

import asyncio
import logging
from dataclasses import dataclass
from time import monotonic
from typing import Any, Final

from aiortc import (
    RTCBundlePolicy,
    RTCConfiguration,
    RTCIceServer,
    RTCPeerConnection,
    RTCSessionDescription,
)
from aiortc.rtcconfiguration import RTCIceTransportPolicy as POLICY
from aiortc.sdp import candidate_from_sdp

from media import guard
from media.ice import allowed
from media.sdp import MAX_CANDIDATES, clean, rounds

_RELAYED: Final = {"udp": "turn-udp", "tcp": "turn-tcp", "tls": "turn-tls"}
_CLOSE_SECONDS: Final = 5.0
_log: Final = logging.getLogger(__name__)
_TAKE_SECONDS: Final = 10.0  # for a description: candidates of our own are gathered meanwhile


@dataclass(frozen=True, slots=True)
class Reach:
    """Where one may be reached, and by what. `servers` as a browser is given them.

    `addresses` of this machine; none means all.
    """

    servers: tuple[dict[str, Any], ...] = ()
    relay_only: bool = False
    loopback: bool = False
    addresses: tuple[str, ...] = ()


class AnotherRound(ValueError):
    """They began ICE anew, as a browser does whose way is gone: aiortc cannot, nothing was taken.

    What helps is another connection.
    """


class _Contained(RTCPeerConnection):
    """What it begins by itself fails without a word, and is then as good as broken."""

    broken: asyncio.Event

    async def _RTCPeerConnection__connect(self) -> None:
        try:
            await super()._RTCPeerConnection__connect()  # type: ignore[misc]
        except Exception as error:  # it believed what it was told
            _log.debug("a connection did not come about: %s", type(error).__name__)
            self.broken.set()


class Connection:
    """Whatever is wrong with what the other end says raises ValueError (SdpRefused says what)."""

    def __init__(self, reach: Reach) -> None:
        guard.install()
        guard.reach(loopback=reach.loopback, addresses=reach.addresses)
        self.connected = asyncio.Event()
        self.connected_at: float | None = None
        self.broken = asyncio.Event()
        self.description = ""  # what was last said of this end
        self._reach = reach
        self._early: list[tuple[str, str | None, int | None]] = []
        self._candidates = 0
        self._rounds: frozenset[str] = frozenset()  # of the other end's ICE; none before it spoke
        relays = reach.relay_only and _turn(reach.servers) != []
        self._pc = _Contained(
            RTCConfiguration(
                iceServers=[RTCIceServer(**server) for server in reach.servers],  # never None
                iceTransportPolicy=POLICY.RELAY if relays else POLICY.ALL,
                bundlePolicy=RTCBundlePolicy.MAX_BUNDLE,
            )
        )
        self._pc.broken = self.broken
        if reach.relay_only and not relays:
            self.broken.set()  # nothing of this end is ever said
        self._pc.on("connectionstatechange", self._changed)

    async def answered(self, sdp: str) -> None:
        """Their answer to our offer."""
        await self._take(sdp, "answer")

    async def candidate(self, text: str, mid: str | None, index: int | None) -> None:
        """One more way to them. What our own page would not take is dropped."""
        if text == "" or self._candidates >= MAX_CANDIDATES or not self._is_allowed(text):
            return
        self._candidates += 1
        if not self._rounds:
            self._early.append((text, mid, index))
        else:
            await self._add(text, mid, index)

    @property
    def path(self) -> str:
        """By which way it goes: one of `quality.RUNGS`; "none" while it does not.

        That the other end comes by a relay is not known here: it counts as direct.
        """
        pair = self._pair()
        if pair is None:
            return "none"
        if pair.local_candidate.type != "relay":
            return "direct"
        return _RELAYED[_scheme(self._reach.servers)]

    async def close(self) -> None:
        """End it, and everything that was begun for it, whatever it was given to choke on."""
        parts = [self._pc, *self._pc.getTransceivers(), *_transports(self._pc)]
        for part in parts:
            try:
                async with asyncio.timeout(_CLOSE_SECONDS):
                    await (part.close() if part is self._pc else part.stop())
            except Exception as error:
                _log.debug("a part of a connection did not close: %s", type(error).__name__)

    # -- descriptions

    async def _take(self, sdp: str, type_: str) -> None:
        reach = self._reach
        cleaned = clean(sdp, loopback=reach.loopback, relay_only=reach.relay_only)
        names = rounds(cleaned)
        if names and self._rounds and self._rounds.isdisjoint(names):
            raise AnotherRound("aiortc stays on the way that it has")
        description = RTCSessionDescription(sdp=cleaned, type=type_)
        await self._tried(self._pc.setRemoteDescription(description))
        self._rounds = names or self._rounds
        early, self._early = self._early, []
        for one in early:
            await self._add(*one)

    async def _describe(self, type_: str) -> str:
        """Say how this end is reached, once all its candidates are known."""
        make = self._pc.createOffer if type_ == "offer" else self._pc.createAnswer
        await self._tried(self._pc.setLocalDescription(await self._tried(make())))
        reach = self._reach
        said = self._pc.localDescription.sdp
        self.description = clean(said, loopback=reach.loopback, relay_only=reach.relay_only)
        return self.description

    async def _add(self, text: str, mid: str | None, index: int | None) -> None:
        try:
            candidate = candidate_from_sdp(text.removeprefix("candidate:"))
        except Exception as error:
            raise ValueError("the candidate is of no use") from error
        candidate.sdpMid, candidate.sdpMLineIndex = mid, index
        await self._tried(self._pc.addIceCandidate(candidate))

    @staticmethod
    async def _tried(job: Any) -> Any:
        """Anything at all may be raised: these parsers take what they are given on trust."""
        try:
            async with asyncio.timeout(_TAKE_SECONDS):
                return await job
        except Exception as error:
            raise ValueError("the description is of no use") from error

    def _is_allowed(self, text: str) -> bool:
        """Names of the local network are not looked up: whoever sends one would choose where."""
        reach = self._reach
        return ".local " not in text and allowed(
            text, loopback=reach.loopback, relay_only=reach.relay_only
        )

    def _pair(self) -> Any:
        """The pair of candidates in use, by what aioice tells nobody."""
        for transceiver in self._pc.getTransceivers():
            dtls = transceiver.sender.transport
            if dtls is not None:
                return dtls.transport._connection._nominated.get(1)
        return None

    def _changed(self) -> None:
        state = self._pc.connectionState
        if state == "connected":
            self.connected_at = self.connected_at or monotonic()
            self.connected.set()
        elif state in ("failed", "closed"):
            self.broken.set()


def _transports(pc: RTCPeerConnection) -> list[Any]:
    """Also those of which a bundle made nothing: aiortc ends them as little as it forgets them."""
    return list(getattr(pc, "_RTCPeerConnection__iceTransports", ()))


def _scheme(servers: tuple[dict[str, Any], ...]) -> str:
    """How the relay is reached: aiortc uses the first TURN address there is."""
    turn = _turn(servers)
    if not turn or turn[0].startswith("turns:"):
        return "tls"
    return "tcp" if turn[0].endswith("transport=tcp") else "udp"


def _turn(servers: tuple[dict[str, Any], ...]) -> list[str]:
    return [url for server in servers for url in server["urls"] if url.startswith("turn")]
