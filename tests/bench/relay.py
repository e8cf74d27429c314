"""What it costs to deliver: our node beside a plain Socket.IO relay on Node, in the same run.

Server CPU per 100,000 delivered messages (to the other participant), server and load on a core
each; and the memory of an idle connection that has joined.
"""

import json
import os
import subprocess
import sys
import urllib.request
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from sessions.envelope import ContentKey, event_key, seal
from sessions.events import Envelope, Epoch, SenderId, SessionId, new_event_id
from tests.bench import Figure, peer
from tests.bench import _relay_load as load

SESSIONS = 50
DELIVERIES = 50_000
ROUNDS = 7
IDLE = 1_000
TEXT = "x" * 205  # 284 sealed bytes, 380 characters on the wire
TARGETS = {"passing": 1.0, "logged": 1.5}
KIND = {"passing": "chat.read", "logged": "chat.message"}
IDLE_KB = 40

_ROOT = Path(__file__).parents[2]
_COMMAND = {
    "node": [peer.node(), str(peer.HERE / "relay.mjs")],
    "ours": [sys.executable, "-m", "tests.bench._relay_server"],
}


@dataclass(frozen=True)
class Seats:
    """One session of two, as a server gave it."""

    session: SessionId
    tickets: tuple[str, str]
    key: ContentKey


class Server:
    """A server process on the first core."""

    def __init__(self, which: str) -> None:
        self.which = which
        self._process = subprocess.Popen(
            _COMMAND[which], cwd=_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env={**os.environ, "PYTHONPATH": str(_ROOT)}, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        assert self._process.stdout is not None
        # Only now are all threads pinned: those that it starts later inherit it.
        os.sched_setaffinity(self._process.pid, {min(os.sched_getaffinity(0))})
        self.port = int(self._process.stdout.readline())
        self._info = psutil.Process(self._process.pid)
        for thread in self._info.threads():
            os.sched_setaffinity(thread.id, {min(os.sched_getaffinity(0))})

    def cpu_seconds(self) -> float:
        times = self._info.cpu_times()
        return float(times.user + times.system)

    def resident_kb(self) -> float:
        return float(self._info.memory_info().rss) / 1024

    def seats(self, sessions: int) -> list[Seats]:
        if self.which == "node":  # its ticket is the name of the room
            names = [f"{number:032x}" for number in range(sessions)]
            return [Seats(SessionId(n), (n, n), ContentKey(bytes(32))) for n in names]
        url = f"http://127.0.0.1:{self.port}/seats?sessions={sessions}"
        with urllib.request.urlopen(url) as answer:
            rows = json.load(answer)
        return [
            Seats(SessionId(session), (one, other), ContentKey(bytes.fromhex(key)))
            for session, one, other, key in rows
        ]

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(30)


@contextmanager
def running(which: str) -> Iterator[Server]:
    server = Server(which)
    try:
        yield server
    finally:
        server.close()


def sealed_frames(seats: Seats, sender: str, lane: str, count: int) -> list[bytes]:
    """Really sealed, before the measurement; the same bytes would do for either server."""
    kind = KIND[lane]
    # Node's ids are not ours: what is sealed for it is bound to another sender, unopened anyway.
    mine = SenderId(sender if len(sender) == 32 else "0" * 32)
    key = event_key(seats.key, seats.session, mine)
    frames = []
    for number in range(count):
        header = Envelope(seats.session, mine, new_event_id(), kind, Epoch(1), b"")
        sealed = b64encode(seal({"text": TEXT}, key=key, header=header, counter=number))
        ack = b"%d" % number if lane == "logged" else b""
        frames.append(load.masked(
            b'42%b["send",{"id":"%b","kind":"%b","epoch":1,"sealed":"%b"}]'
            % (ack, header.id.encode(), kind.encode(), sealed)
        ))  # fmt: skip
    return frames


def cpu_per_100k(which: str, lane: str, deliveries: int) -> float:
    """CPU seconds of a fresh server for 100,000 deliveries."""
    with running(which) as server:
        talkers: list[load.Talker] = []
        for seats in server.seats(SESSIONS):
            one, other = (load.join(server.port, ticket) for ticket in seats.tickets)
            one.partner, other.partner = other, one
            for talker in (one, other):
                count = deliveries // (2 * SESSIONS)
                talker.todo = sealed_frames(seats, talker.sender.decode(), lane, count)
            talkers += [one, other]
        load.settle(talkers)
        before = server.cpu_seconds()
        load.run(talkers, deliveries)
        cost = (server.cpu_seconds() - before) * 100_000 / deliveries
        for talker in talkers:
            talker.socket.close()
    return cost


def idle_kb(which: str, connections: int) -> float:
    """Resident memory of each of so many connections that have joined and say nothing."""
    with running(which) as server:
        first = [load.join(server.port, t) for s in server.seats(25) for t in s.tickets]
        load.settle(first)
        before = server.resident_kb()
        talkers: list[load.Talker] = []
        while len(talkers) < connections:  # in portions: tickets live for a minute
            for seats in server.seats(min(100, (connections - len(talkers)) // 2)):
                talkers += [load.join(server.port, ticket) for ticket in seats.tickets]
        load.settle(talkers)
        grown = (server.resident_kb() - before) / len(talkers)
        for talker in first + talkers:
            talker.socket.close()
    return grown


def measure() -> list[Figure]:
    """CPU of both lanes on both servers, turn by turn, and the memory of idle connections."""
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) > 1:
        os.sched_setaffinity(0, set(cores[1:]))  # the servers take the first
    try:
        lanes = [figure for lane, target in TARGETS.items() for figure in _lane(lane, target)]
        return lanes + [
            Figure(f"idle connection, {which}", "KB", (idle_kb(which, IDLE),), promise)
            for which, promise in (("node", ""), ("ours", f"≤ {IDLE_KB}"))
        ]
    finally:
        os.sched_setaffinity(0, set(cores))


def _lane(lane: str, target: float) -> list[Figure]:
    costs: dict[str, list[float]] = {"node": [], "ours": []}
    for _ in range(ROUNDS):
        for which, measured in costs.items():
            measured.append(cpu_per_100k(which, lane, DELIVERIES))
    # Of neighbours in time: what else the machine does changes within minutes.
    ratios = tuple(ours / node for node, ours in zip(costs["node"], costs["ours"], strict=True))
    unit = "CPU s per 100,000 deliveries"
    return [
        *(Figure(f"{lane} lane, {which}", unit, tuple(costs[which])) for which in costs),
        Figure(f"{lane} lane, ours to node", "times", ratios, f"≤ {target}"),
    ]
