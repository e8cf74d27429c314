"""Several nodes on one PostgreSQL and one Redis: how quick, how dear, and what Redis can spoil.

Beside two peers with two nodes each: npm's Socket.IO with its Redis adapter, and python-socketio
with its Redis manager; neither seals or stores anything.
"""

import json
import os
import subprocess
import sys
import tempfile
import threading
import urllib.request
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import sleep

import psutil

from sessions.envelope import ContentKey, event_key, seal
from sessions.events import Envelope, Epoch, SenderId, SessionId, new_event_id
from tests import postgres
from tests.bench import Figure, peer
from tests.bench import _paced_load as paced
from tests.bench import _relay_load as load
from tests.bench.relay import TEXT, Seats
from tests.servers import RedisServer, redis_in

A_SECOND = 500
EVENTS = 3_000
NODES = (1, 2, 3)
SESSIONS = (10, 100, 1_000)
AT_ONCE = 20
P99_MS = 50
CPU_TIMES = 1.5
REDIS_DOWN_SECONDS = 2.0

_ROOT = Path(__file__).parents[2]


class Process:
    """One server process."""

    def __init__(self, command: list[str], **environment: str) -> None:
        self._process = subprocess.Popen(
            command, cwd=_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env={**os.environ, "PYTHONPATH": str(_ROOT), **environment}, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline())
        self._info = psutil.Process(self._process.pid)

    def cpu_seconds(self) -> float:
        times = self._info.cpu_times()
        return float(times.user + times.system)

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


@dataclass(frozen=True, slots=True)
class Measured:
    """One run."""

    delivery: paced.Delivery
    cpu_per_100k: float
    busiest_cpu_per_100k: float  # of one node, for the events that concern it
    differing: int  # sessions whose two participants saw another order


def measure() -> list[Figure]:
    figures: list[Figure] = []
    with postgres.running(durable=True) as server, tempfile.TemporaryDirectory() as folder:
        with redis_in(Path(folder)) as redis:
            for nodes in NODES:
                for sessions in SESSIONS:
                    with _ours(server, redis, nodes) as processes:
                        figures += _rows(nodes, sessions, _run(processes, sessions))
            figures += _against(server, redis)
    return figures


def _rows(nodes: int, sessions: int, run: Measured) -> list[Figure]:
    name = f"{nodes} nodes, {sessions} sessions"
    promise = f"≤ {P99_MS}" if nodes == 2 else ""
    delivery = run.delivery
    assert (delivery.lost, run.differing) == (0, 0), "an event was lost or disordered"
    return [
        Figure(f"{name}: sent to delivered, p50", "ms", (delivery.quantile_ms(0.5),)),
        Figure(f"{name}: sent to delivered, p99", "ms", (delivery.quantile_ms(0.99),), promise),
        Figure(f"{name}: all nodes", "CPU s per 100,000 events", (run.cpu_per_100k,)),
        Figure(f"{name}: busiest node", "CPU s per 100,000 events", (run.busiest_cpu_per_100k,)),
    ]


def _against(server: postgres.Postgres, redis: RedisServer) -> list[Figure]:
    """Two nodes and 50 sessions each, one after the other; then again with Redis killed."""
    makers: dict[str, Callable[[], AbstractContextManager[list[Process]]]] = {
        "ours": lambda: _ours(server, redis, 2),
        "node": lambda: _peers([peer.node(), str(peer.HERE / "relay.mjs")], redis),
        "python-socketio": lambda: _peers(
            [sys.executable, str(peer.HERE / "socketio_relay.py"), redis.url], redis
        ),
    }
    figures, costs = [], {}
    for name, make in makers.items():
        with make() as processes:
            run = _run(processes, 50, ours=name == "ours")
        costs[name] = run.cpu_per_100k
        figures += [
            Figure(f"beside: {name}, p50", "ms", (run.delivery.quantile_ms(0.5),)),
            Figure(f"beside: {name}, p99", "ms", (run.delivery.quantile_ms(0.99),)),
            Figure(f"beside: {name}", "CPU s per 100,000 events", (run.cpu_per_100k,)),
            Figure(f"beside: {name}, other order", "sessions of 50", (run.differing,)),
        ]
        with make() as processes:
            run = _run(processes, 50, ours=name == "ours", spoil=lambda: _kill_for_a_while(redis))
        figures += [
            Figure(f"Redis killed: {name}, lost", f"of {EVENTS:,}", (run.delivery.lost,)),
            Figure(f"Redis killed: {name}, other order", "sessions of 50", (run.differing,)),
        ]
    ratio = costs["ours"] / costs["node"]
    return [*figures, Figure("beside: ours to node", "times", (ratio,), f"≤ {CPU_TIMES}")]


def _run(
    processes: list[Process], sessions: int, *, ours: bool = True,
    spoil: Callable[[], None] | None = None,
) -> Measured:  # fmt: skip
    """Everybody talks at the same pace, whatever becomes of it."""
    seats: list[Seats] = []
    pairs: list[tuple[load.Talker, load.Talker]] = []
    while len(pairs) < sessions:  # seats are held, and those who are in are pinged: no long wait
        seats += _seats(processes, range(len(pairs), min(sessions, len(pairs) + AT_ONCE)), ours)
        pairs += [_pair(processes, nth, seats[nth]) for nth in range(len(pairs), len(seats))]
        load.settle((talker for pair in pairs for talker in pair), 0.0)
    load.settle(talker for pair in pairs for talker in pair)
    each = max(1, EVENTS // (2 * sessions))
    todo = [
        (talker, _says(session, talker, each))
        for session, pair in zip(seats, pairs, strict=True)
        for talker in pair
    ]
    before = [process.cpu_seconds() for process in processes]
    with _meanwhile(spoil):
        delivery = paced.run(todo, A_SECOND)
    used = [p.cpu_seconds() - b for p, b in zip(processes, before, strict=True)]
    differing = sum(_differ(delivery, one, other) for one, other in pairs)
    for talker, _ in todo:
        talker.socket.close()
    scale = 100_000 / delivery.sent
    return Measured(delivery, sum(used) * scale, max(used) * scale, differing)


@contextmanager
def _meanwhile(spoil: Callable[[], None] | None) -> Iterator[None]:
    if spoil is None:
        yield
        return
    spoiling = threading.Thread(target=spoil)
    spoiling.start()
    try:
        yield
    finally:
        spoiling.join()


# -- the servers


@contextmanager
def _ours(server: postgres.Postgres, redis: RedisServer, nodes: int) -> Iterator[list[Process]]:
    with server.databases(f"bench_{os.urandom(4).hex()}") as urls, ExitStack() as stack:
        command = [sys.executable, "-m", "tests.bench._nodes_server"]
        yield [
            _opened(stack, [*command, f"node{number}", urls["main"], urls["keys"], redis.url])
            for number in range(1, nodes + 1)
        ]


@contextmanager
def _peers(command: list[str], redis: RedisServer) -> Iterator[list[Process]]:
    with ExitStack() as stack:
        yield [_opened(stack, command, REDIS_URL=redis.url) for _ in range(2)]


def _opened(stack: ExitStack, command: list[str], **environment: str) -> Process:
    process = Process(command, **environment)
    stack.callback(process.close)
    return process


def _kill_for_a_while(redis: RedisServer) -> None:
    sleep(1)
    redis.kill()
    sleep(REDIS_DOWN_SECONDS)
    redis.start()


# -- those who talk


def _seats(processes: list[Process], numbers: range, ours: bool) -> list[Seats]:
    if not ours:  # a peer's ticket is the name of the room
        names = [f"{number:032x}" for number in numbers]
        return [Seats(SessionId(n), (n, n), ContentKey(bytes(32))) for n in names]
    rows = []
    for nth, process in enumerate(processes):
        share = len(numbers) // len(processes) + (nth < len(numbers) % len(processes))
        with urllib.request.urlopen(
            f"http://127.0.0.1:{process.port}/seats?sessions={share}"
        ) as answer:
            rows += json.load(answer)
    return [
        Seats(SessionId(session), (one, other), ContentKey(bytes.fromhex(key)))
        for session, one, other, key in rows
    ]


def _pair(processes: list[Process], nth: int, seats: Seats) -> tuple[load.Talker, load.Talker]:
    """The two of a session, on two nodes where there are two."""
    one, other = (
        load.join(processes[(nth + place) % len(processes)].port, ticket)
        for place, ticket in enumerate(seats.tickets)
    )
    one.partner, other.partner = other, one
    return one, other


def _says(seats: Seats, talker: load.Talker, count: int) -> list[paced.Say]:
    """Really sealed, before the measurement."""
    sender = talker.sender.decode()
    mine = SenderId(sender if len(sender) == 32 else "0" * 32)  # a peer's ids are not ours
    key = event_key(seats.key, seats.session, mine)
    says = []
    for number in range(count):
        header = Envelope(seats.session, mine, new_event_id(), "chat.message", Epoch(1), b"")
        sealed = b64encode(seal({"text": TEXT}, key=key, header=header, counter=number))
        frame = b'42%d["send",{"id":"%b","kind":"chat.message","epoch":1,"sealed":"%b"}]' % (
            number, header.id.encode(), sealed,
        )  # fmt: skip
        says.append((header.id.encode(), load.masked(frame)))
    return says


def _differ(delivery: paced.Delivery, one: load.Talker, other: load.Talker) -> bool:
    """Whether these two saw what both saw in another order."""
    here, there = (delivery.orders.get(t.socket.fileno(), []) for t in (one, other))
    both = set(here) & set(there)
    return [id_ for id_ in here if id_ in both] != [id_ for id_ in there if id_ in both]
