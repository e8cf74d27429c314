"""An open loop: so many events a second, whoever has answered; when each reached the other node.

One thread, raw sockets as in `_relay_load`. It speaks the same to every Socket.IO server.
"""

import select
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass, field
from time import monotonic

from tests.bench._relay_load import Talker, frames_in, masked

_EVENT = b'42["event"'
_ID = b'"id":"'
_PONG = masked(b"3")
DRAIN_SECONDS = 3.0
Say = tuple[bytes, bytes]  # id, frame


@dataclass(slots=True)
class Delivery:
    """What came of it."""

    sent: int = 0
    ways: list[float] = field(default_factory=list)  # seconds from sending to the partner
    orders: dict[int, list[bytes]] = field(default_factory=dict)  # ids as each socket got them

    @property
    def lost(self) -> int:
        return self.sent - len(self.ways)

    def quantile_ms(self, share: float) -> float:
        return sorted(self.ways)[min(len(self.ways) - 1, int(len(self.ways) * share))] * 1_000


def id_of(payload: bytes) -> bytes:
    start = payload.find(_ID) + len(_ID)
    return payload[start : start + 32]


def run(todo: list[tuple[Talker, list[Say]]], a_second: float) -> Delivery:
    """Let all say everything in turns, at this pace together."""
    loop = _Loop([talker for talker, _ in todo])
    turns = [
        (talker, says[nth])
        for nth in range(max(len(says) for _, says in todo))
        for talker, says in todo
        if nth < len(says)
    ]
    began = monotonic()
    for nth, (talker, say) in enumerate(turns):
        due = began + nth / a_second
        while (left := due - monotonic()) > 0:
            loop.take(left)
        loop.say(talker, say)
    end = monotonic() + DRAIN_SECONDS
    while loop.delivery.lost and monotonic() < end:
        loop.take(0.05)
    loop.close()
    return loop.delivery


class _Loop:
    def __init__(self, talkers: list[Talker]) -> None:
        self.delivery = Delivery()
        self._by_number = {talker.socket.fileno(): talker for talker in talkers}
        self._sent: dict[bytes, tuple[Talker, float]] = {}
        self._orders: defaultdict[int, list[bytes]] = defaultdict(list)
        self._poll = select.epoll()
        for number, talker in self._by_number.items():
            talker.socket.setblocking(False)
            self._poll.register(number, select.EPOLLIN)

    def say(self, talker: Talker, say: Say) -> None:
        id_, frame = say
        self._sent[id_] = (talker, monotonic())
        self.delivery.sent += 1
        with suppress(OSError):  # a server that went away has lost this one
            talker.socket.send(frame)

    def take(self, seconds: float) -> None:
        """Take what comes within this time, or at least once."""
        for number, _ in self._poll.poll(seconds):
            talker = self._by_number[number]
            data = b""
            with suppress(OSError):
                data = talker.socket.recv(262_144)
            if not data:
                self._poll.unregister(number)
            payloads, talker.rest = frames_in(talker.rest + data)
            for payload in payloads:
                if payload.startswith(_EVENT):
                    self._hear(number, talker, id_of(payload))
                elif payload == b"2":
                    talker.socket.send(_PONG)

    def _hear(self, number: int, talker: Talker, id_: bytes) -> None:
        by, at = self._sent.get(id_, (None, 0.0))
        if by is None:
            return  # of joining
        self._orders[number].append(id_)
        if by.partner is talker:
            self.delivery.ways.append(monotonic() - at)

    def close(self) -> None:
        self.delivery.orders = dict(self._orders)
        self._poll.close()
