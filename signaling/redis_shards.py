"""Which server carries which name: the one there is, or the shards of a Redis Cluster.

A cluster says itself how its 16,384 slots are spread; it is asked again whenever something strays.
It knows neither envelopes nor what the names stand for.
"""

import asyncio
import logging
import math
import random
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from itertools import count
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

from redis.asyncio.connection import AbstractConnection, ConnectionPool
from redis.crc import key_slot

from signaling.redis_line import Line
from signaling.redis_speaker import TROUBLE, Saying, hang_up
from signaling.tasks import Tasks

Address = tuple[str, int]
Call = Callable[[], AbstractConnection]
_CONNECT_SECONDS: Final = 0.5
_ASK_SECONDS: Final = 1.0
_BREATH_SECONDS: Final = 0.2  # between two looks at a cluster that changes
_WORRIED_SECONDS: Final = 1.0  # until the next look, while some shard is silent
_CALM_SECONDS: Final = 30.0
_CLUSTER: Final = "+cluster"
_logger = logging.getLogger(__name__)


class Lines(Protocol):
    """The servers behind a bus."""

    @property
    def lines(self) -> Sequence[Line]:
        """Every line there is now."""

    def say(self, saying: Saying) -> None:
        """Over the line that carries the name."""

    def want(self, name: bytes) -> None:
        """Hear what passes under this name, wherever it is carried."""

    def unwant(self, name: bytes) -> None:
        """No more."""

    def start(self) -> None:
        """Begin."""

    async def close(self) -> None:
        """End every line."""


class Alone:
    """One server."""

    def __init__(self, line: Line) -> None:
        self.lines = (line,)
        self.say = line.speaker.say
        self.want = line.want
        self.unwant = line.unwant
        self.start = line.start
        self.close = line.close


class Shards:
    """The masters of a cluster, each with a line of its own.

    `line_to` makes a line from how to connect, and the name on which it speaks to itself.
    """

    def __init__(
        self, url: str, *, own_name: Callable[[int], bytes],
        line_to: Callable[[Call, bytes, Callable[[], None]], Line],
    ) -> None:  # fmt: skip
        self._options = options_of(url)
        self._seeds = addresses_in(url)
        self._own_name = own_name
        self._line_to = line_to
        self._owners: list[Address | None] = [None] * 16_384
        self._open: dict[Address, tuple[Line, int]] = {}  # and the slot of its beat
        self._wanted: dict[bytes, Address | None] = {}  # and where it is subscribed to
        self._strayed = asyncio.Event()
        self._tasks = Tasks()

    @property
    def lines(self) -> Sequence[Line]:
        return [line for line, _ in self._open.values()]

    def say(self, saying: Saying) -> None:
        """Without a known owner it stays unsaid: whoever listens will doubt."""
        owner = self._owners[key_slot(saying.name)]
        if owner is not None:
            self._open[owner][0].speaker.say(saying)

    def want(self, name: bytes) -> None:
        self._wanted[name] = None
        self._place(name)

    def unwant(self, name: bytes) -> None:
        owner = self._wanted.pop(name, None)
        if owner is not None and owner in self._open:
            self._open[owner][0].unwant(name)

    def start(self) -> None:
        self._tasks.spawn(self._look_always())

    async def close(self) -> None:
        await self._tasks.close()
        for line in self.lines:
            await line.close()

    # -- the cluster as it is now

    async def _look_always(self) -> None:
        while True:
            try:
                await self._follow(await self._ask())
            except TROUBLE as trouble:
                _logger.warning("the cluster does not say what it is like (%s)", trouble)
            await asyncio.sleep(_BREATH_SECONDS * random.uniform(0.5, 1.5))
            well = bool(self._open) and all(line.alive for line in self.lines)
            with suppress(TimeoutError):
                async with asyncio.timeout(_CALM_SECONDS if well else _WORRIED_SECONDS):
                    await self._strayed.wait()
            self._strayed.clear()

    async def _ask(self) -> list[Address | None]:
        """The owner of each slot, as the first says who answers."""
        last: BaseException = ConnectionError("no address")
        for address in (*self._open, *self._seeds):
            connection = self._call(address)
            try:
                async with asyncio.timeout(_ASK_SECONDS):
                    await connection.connect()  # type: ignore[no-untyped-call]
                    await connection.send_command("CLUSTER", "SLOTS")
                    answer = await connection.read_response(timeout=math.inf)
                return owners_in(answer, address[0])
            except TROUBLE as trouble:
                last = trouble
            finally:
                await hang_up(connection)
        raise last

    async def _follow(self, owners: list[Address | None]) -> None:
        """Open and close lines, and move what is wanted to where it is carried now."""
        gone = [
            address for address, (_, beat_slot) in self._open.items()
            if owners[beat_slot] != address
        ]  # fmt: skip
        closing = [self._open.pop(address)[0] for address in gone]
        for address in {owner for owner in owners if owner is not None} - set(self._open):
            self._open[address] = self._line(address, owners)
        self._owners = owners
        for name in self._wanted:
            self._place(name)
        for line in closing:
            await line.close()

    def _line(self, address: Address, owners: Sequence[Address | None]) -> tuple[Line, int]:
        """A line that has begun, and the slot of its beat, which is that server's."""
        names = (self._own_name(number) for number in count())
        name = next(name for name in names if owners[key_slot(name)] == address)
        line = self._line_to(partial(self._call, address), name, self._strayed.set)
        line.start()
        return line, key_slot(name)

    def _place(self, name: bytes) -> None:
        before, now = self._wanted[name], self._owners[key_slot(name)]
        if now is None or (before == now and self._open[now][0].wants(name)):
            return
        if before is not None and before in self._open:
            self._open[before][0].unwant(name)
        self._open[now][0].want(name)
        self._wanted[name] = now

    def _call(self, address: Address) -> AbstractConnection:
        kind, options = self._options
        return kind(**options | {"host": address[0], "port": address[1]})


def is_cluster(url: str) -> bool:
    return urlsplit(url).scheme.endswith(_CLUSTER)


def caller(url: str) -> Call:
    """Makes connections as the URL says."""
    kind, options = options_of(url)
    return lambda: kind(**options)


def options_of(url: str) -> tuple[type[AbstractConnection], dict[str, Any]]:
    """How to connect, with the options that redis-py knows in URLs."""
    scheme, rest = url.split("://", 1)
    hosts = rest.split("/")[0].rpartition("@")[2]
    first = hosts.split(",")[0]
    pool = ConnectionPool.from_url(
        scheme.removesuffix(_CLUSTER) + "://" + rest.replace(hosts, first, 1)
    )
    # RESP2: a connection that hears is that alone, and may authenticate with AUTH only. No timeout
    # for the socket: redis-py would use asyncio.wait_for, which loses cancellations (Python 3.11).
    ours = {
        "protocol": 2, "driver_info": None, "socket_connect_timeout": _CONNECT_SECONDS,
        "socket_timeout": None, "socket_keepalive": True,
    }  # fmt: skip
    return pool.connection_class, pool.connection_kwargs | ours


def addresses_in(url: str) -> list[Address]:
    """The servers that a URL names, with commas between."""
    hosts = urlsplit(url).netloc.rpartition("@")[2].split(",")
    parts = [urlsplit(f"//{host}") for host in hosts]
    return [(part.hostname or "localhost", part.port or 6_379) for part in parts]


def owners_in(answer: Any, asked: str) -> list[Address | None]:
    """From what CLUSTER SLOTS answers; an address that is empty is that of whom we asked."""
    owners: list[Address | None] = [None] * 16_384
    for first, last, (host, port, *_), *_replicas in answer:
        owner = ((host or b"").decode() or asked, int(port))
        owners[first : last + 1] = [owner] * (last - first + 1)
    return owners
