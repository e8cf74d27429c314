"""The path of media between two browsers, which a test may cut or slow: UDP proxies on
loopback.

Each candidate that a page is given leads to a proxy instead, so that everything goes through here.
After `cut` the proxies of until then pass nothing any more; candidates gathered later get new ones.
It does not know what the packets are.
"""

import asyncio
import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from playwright.async_api import BrowserContext

_HOST = re.compile(r"^(candidate:\S+ \d+ udp \d+) (\d+\.\d+\.\d+\.\d+) (\d+) (typ host.*)$")
# A page connects to where `__detour` says, and to nothing that a description mentions.
_DETOUR = """
const { addIceCandidate, setRemoteDescription } = RTCPeerConnection.prototype;
RTCPeerConnection.prototype.addIceCandidate = async function (given) {
  const candidate = await window.__detour(given?.candidate ?? "");
  return candidate === "" ? undefined : addIceCandidate.call(this, { ...given, candidate });
};
RTCPeerConnection.prototype.setRemoteDescription = function (given) {
  const sdp = given.sdp.replace(/^a=candidate:.*\\r\\n/gm, "");
  return setRemoteDescription.call(this, { type: given.type, sdp });
};
"""
_HEADERS = 28  # of IPv4 and UDP
_Address = tuple[str | Any, int]


@dataclass(frozen=True, slots=True)
class Weather:
    """What a network does to packets, in each direction by itself."""

    loss: float = 0.0  # of so many packets in one, each by itself
    delay_ms: float = 0.0
    jitter_ms: float = 0.0  # more than that at most; they keep their order
    kbps: float | None = None
    queue_ms: float = 400.0  # what does not fit is dropped, as by a router


class Link:
    """One direction. It loses, holds back and drops, the same each time for the same seed."""

    def __init__(self, weather: Weather, seed: int) -> None:
        self.weather = weather
        self._dice = random.Random(seed)
        self._free_at = 0.0  # when the line is free for the next packet
        self._last_at = 0.0

    def send(self, data: bytes, deliver: Callable[[bytes], None]) -> None:
        weather, loop = self.weather, asyncio.get_running_loop()
        if weather == Weather():
            deliver(data)
            return
        now = loop.time()
        if self._dice.random() < weather.loss:
            return
        at = now
        if weather.kbps is not None:
            at = max(now, self._free_at) + 8 * (len(data) + _HEADERS) / weather.kbps / 1_000
            if at - now > weather.queue_ms / 1_000:
                return
            self._free_at = at
        at += (weather.delay_ms + self._dice.random() * weather.jitter_ms) / 1_000
        self._last_at = max(at, self._last_at)
        loop.call_at(self._last_at, deliver, data)


class MediaPath:
    """Every way that media can take between the pages of some contexts."""

    def __init__(self, weather: Weather | None = None) -> None:
        self._open: list[_Proxy] = []
        self._all: list[_Proxy] = []
        self._links = [Link(weather or Weather(), seed) for seed in (1, 2)]

    async def lead(self, context: BrowserContext, *, first: bool = True) -> None:
        """Lead the pages of this context through here; before they open anything. Where there is
        weather, one side is the first and the other is not.
        """
        there, back = self._links if first else reversed(self._links)
        await context.expose_function("__detour", partial(self._detour, there, back))
        await context.add_init_script(_DETOUR)

    def cut(self) -> None:
        """Nothing passes any more, until both sides have looked for another way."""
        for proxy in self._open:
            proxy.passing = False
        self._open.clear()

    @property
    def lost(self) -> int:
        """Packets that went into a way that was cut."""
        return sum(proxy.lost for proxy in self._all)

    async def close(self) -> None:
        for proxy in self._all:
            proxy.close()

    def turn(self, weather: Weather) -> None:
        """From now on it is like this."""
        for link in self._links:
            link.weather = weather

    async def _detour(self, there: Link, back: Link, candidate: str) -> str:
        match = _HOST.match(candidate)
        if match is None:
            return ""
        proxy = await _Proxy.open((match[2], int(match[3])), there, back)
        self._open.append(proxy)
        self._all.append(proxy)
        return f"{match[1]} 127.0.0.1 {proxy.port} {match[4]}"


class _Proxy(asyncio.DatagramProtocol):
    """Leads to one address. Each source gets a socket of its own, so that answers find back."""

    def __init__(self, target: _Address, there: Link, back: Link) -> None:
        self._target = target
        self._there = there
        self._back = back
        self._legs: dict[_Address, _Leg] = {}
        self._transport: asyncio.DatagramTransport
        self._tasks: set[asyncio.Task[None]] = set()
        self.passing = True
        self.lost = 0
        self.port = 0

    @classmethod
    async def open(cls, target: _Address, there: Link, back: Link) -> "_Proxy":
        loop = asyncio.get_running_loop()
        transport, proxy = await loop.create_datagram_endpoint(
            lambda: cls(target, there, back), local_addr=("127.0.0.1", 0)
        )
        proxy._transport = transport
        proxy.port = transport.get_extra_info("sockname")[1]
        return proxy

    def datagram_received(self, data: bytes, addr: _Address) -> None:
        leg = self._legs.get(addr)
        if leg is None:
            leg = self._legs[addr] = _Leg(self, addr)
            task = asyncio.ensure_future(leg.open(self._target))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        if self.passing:
            self._there.send(data, leg.send)
        else:
            self.lost += 1

    def back(self, data: bytes, addr: _Address) -> None:
        if self.passing:
            self._back.send(data, lambda data: self._answer(data, addr))
        else:
            self.lost += 1

    def _answer(self, data: bytes, addr: _Address) -> None:
        if not self._transport.is_closing():
            self._transport.sendto(data, addr)

    def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        for leg in self._legs.values():
            leg.close()
        self._transport.close()


class _Leg(asyncio.DatagramProtocol):
    """What one source sends, as the target sees it."""

    def __init__(self, proxy: _Proxy, source: _Address) -> None:
        self._proxy = proxy
        self._source = source
        self._early: list[bytes] = []
        self._transport: asyncio.DatagramTransport | None = None

    async def open(self, target: _Address) -> None:
        loop = asyncio.get_running_loop()
        # The target may be on another interface than loopback.
        transport, _ = await loop.create_datagram_endpoint(lambda: self, remote_addr=target)
        self._transport = transport
        for data in self._early:
            transport.sendto(data)
        self._early.clear()

    def send(self, data: bytes) -> None:
        if self._transport is None:
            self._early.append(data)
        elif not self._transport.is_closing():
            self._transport.sendto(data)

    def datagram_received(self, data: bytes, addr: _Address) -> None:
        self._proxy.back(data, self._source)

    def error_received(self, exc: Exception) -> None:
        """The other side has closed its port; the test will notice in its own way."""

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()
