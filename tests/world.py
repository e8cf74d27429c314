"""A small world in memory: nodes on one bus over one database, and browsers that speak.

The browsers do what ours do: seal, send, apply what comes in order. Everything else is the real
thing; there is only no network.
"""

import asyncio
import hashlib
import json
import random
import shutil
from base64 import b64decode
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sessions.accounts import Account, Accounts
from sessions.clock import Clock, wall_clock_ms
from sessions.database import Database
from sessions.envelope import (
    NO_PREVIOUS,
    ContentKey,
    EventKey,
    Unreadable,
    event_key,
    open_sealed,
    seal,
)
from sessions.events import (
    KINDS,
    Envelope,
    Epoch,
    EventId,
    Lane,
    ParticipantId,
    Role,
    SenderId,
    Seq,
    SessionId,
    new_event_id,
    sender_of,
)
from sessions.keys import Keys, MasterKeys
from sessions.lifecycle import Lifecycle, Name
from sessions.log import Log
from sessions.migrations import migrate
from sessions.models import KeyRow, Row
from signaling.attendance import Attendance
from signaling.bus import Bus, MemoryBus
from signaling.channel import Watch
from signaling.desk import Desk
from signaling.relay import Relay
from signaling.speaking import Speaking
from signaling.tickets import Tickets
from tests.patience import PATIENCE_SECONDS


class LossyBus(MemoryBus):
    """Loses, delays, repeats and reorders, always the same way for the same seed."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self._dice = random.Random(seed)
        self._held: list[tuple[SessionId, Envelope]] = []

    def publish(self, channel: SessionId, envelope: Envelope) -> None:
        throw = self._dice.random()
        if throw < 0.25:
            return
        if throw < 0.5:
            self._held.append((channel, envelope))
            return
        super().publish(channel, envelope)
        if throw < 0.65:
            super().publish(channel, envelope)
        if throw < 0.8:
            self._dice.shuffle(self._held)
            while self._held:
                super().publish(*self._held.pop())


@dataclass
class Node:
    """One server process, without its HTTP side."""

    name: str
    log: Log
    keys: Keys
    lifecycle: Lifecycle
    accounts: Accounts
    relay: Relay
    attendance: Attendance
    desk: Desk
    tickets: Tickets
    speaking: Speaking

    @classmethod
    def over(
        cls, name: str, database: Database, key_database: Database, bus: Bus,
        *, sweep_seconds: float, now_ms: Clock, desk_seconds: float | None = None,
    ) -> "Node":  # fmt: skip
        log = Log(database, now_ms=now_ms)
        keys = Keys(key_database, MasterKeys({1: bytes(32)}))
        lifecycle = Lifecycle(database, log, keys, now_ms=now_ms)
        accounts = Accounts(database, now_ms=now_ms)
        checks = {"quality.report": dict, "checkup.result": dict}
        relay = Relay(log, bus, checks=checks, sweep_seconds=sweep_seconds)
        attendance = Attendance(relay)
        desk = Desk(
            relay, lifecycle, accounts, attendance, node=name, now_ms=now_ms,
            sweep_seconds=desk_seconds or sweep_seconds,
        )  # fmt: skip
        tickets = Tickets(keys.secret("ticket"))
        speaking = Speaking(relay, log, lifecycle, tickets, attendance, now_ms=now_ms)
        return cls(name, log, keys, lifecycle, accounts, relay, attendance, desk, tickets, speaking)

    async def start(self) -> None:
        await self.relay.start()
        await self.desk.start()

    async def close(self) -> None:
        await self.desk.close()
        await self.speaking.close()
        await self.relay.close()


@dataclass(frozen=True)
class Heard:
    """One event as a browser has it on screen."""

    seq: int | None
    id: str
    sender: str
    kind: str
    body: dict[str, Any]


class Browser:
    """Someone with a seat. Joins a node, says things, and keeps everything it hears."""

    def __init__(
        self, session: SessionId, participant: ParticipantId, role: Role, key: ContentKey,
        account: str | None = None,
    ) -> None:  # fmt: skip
        self.session = session
        self.participant = participant
        self.role = role
        self.account = account
        self.heard: list[Heard] = []
        self.frames: list[bytes] = []
        self.unreadable = 0
        self.ousted = False
        self.sender: SenderId | None = None
        self.watch: Watch | None = None
        self._content_key = key
        self._key: EventKey | None = None
        self._node: Node | None = None
        self._counters = {Lane.LOGGED: 0, Lane.PASSING: 0}
        self._previous = NO_PREVIOUS
        self._news = asyncio.Event()

    # -- coming and going

    async def join(self, node: Node, *, after: int | None = None) -> None:
        """Watch on this node, from where this browser has read; a new sender, like a new join."""
        self.leave()
        view = await node.lifecycle.view(self.session)
        assert view is not None
        self._node = node
        self.take_sender(sender_of(self.participant))
        self.watch = node.relay.watch(
            self.session, Seq(self.cursor if after is None else after), self._hear,
            self.participant, sender=self.sender, role=self.role, head=view.last_seq,
            state=view.state, ousted=self._was_ousted,
        )  # fmt: skip

    def take_sender(self, sender: SenderId) -> None:
        """Seal as this sender from now on, counting from the start."""
        self.sender = sender
        self._key = event_key(self._content_key, self.session, sender)
        self._counters = {Lane.LOGGED: 0, Lane.PASSING: 0}
        self._previous = NO_PREVIOUS

    def in_another_tab(self) -> "Browser":
        """The same participant, who has heard nothing yet."""
        return Browser(self.session, self.participant, self.role, self._content_key, self.account)

    def leave(self) -> None:
        """Gone without a word: a closed tab, a lost network."""
        if self.watch is not None:
            self.watch.close()
            self.watch = None

    # -- speaking

    def sealed(self, kind: str, body: dict[str, Any], id_: EventId | None = None) -> Envelope:
        """The next envelope of this connection."""
        assert self.sender is not None
        assert self._key is not None
        header = Envelope(
            self.session, self.sender, id_ or new_event_id(), kind, Epoch(1), b"", wall_clock_ms()
        )
        lane = KINDS[kind].lane
        counter = self._counters[lane]
        self._counters[lane] += 1
        previous = self._previous if lane is Lane.LOGGED else NO_PREVIOUS
        bytes_ = seal(body, key=self._key, header=header, counter=counter, previous=previous)
        if lane is Lane.LOGGED:
            self._previous = hashlib.sha256(bytes_).digest()
        return header._replace(sealed=bytes_)

    async def say(self, kind: str, body: dict[str, Any], id_: EventId | None = None) -> Envelope:
        """Seal and publish on the node that this browser has joined."""
        return await self.publish(self.sealed(kind, body, id_))

    async def publish(self, envelope: Envelope) -> Envelope:
        """Publish an envelope as it is; a second time, it is a retry."""
        assert self._node is not None
        return await self._node.relay.publish(envelope, self.role, account=self.account)

    # -- hearing

    @property
    def cursor(self) -> int:
        """The last seq that was heard."""
        return max((heard.seq for heard in self.heard if heard.seq is not None), default=0)

    def logged(self) -> list[Heard]:
        """What was heard of the log, in the order it came."""
        return [heard for heard in self.heard if heard.seq is not None]

    def said(self, kind: str) -> list[dict[str, Any]]:
        """The bodies of one kind."""
        return [heard.body for heard in self.heard if heard.kind == kind]

    async def until(self, condition: Callable[["Browser"], bool]) -> None:
        """Wait for something to be heard."""
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                while not condition(self):
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            heard = [(one.seq, one.kind, one.body) for one in self.heard]
            raise AssertionError(f"never heard; but: {heard}") from None

    def _hear(self, frame: bytes, _event: Envelope) -> None:
        self.frames.append(frame)
        try:
            self.heard.append(self._opened(payload_of(frame)))
        except Unreadable:
            self.unreadable += 1
        self._news.set()

    def _opened(self, payload: bytes) -> Heard:
        """From the wire alone, as a real browser would."""
        word, event = json.loads(payload.removeprefix(b"42"))
        assert word == "event"
        if "body" in event:
            body = event["body"]
        else:
            body = open_sealed(
                Envelope(
                    self.session, event["sender"], event["id"], event["kind"], event["epoch"],
                    b64decode(event["sealed"]), event["at"], event["seq"],
                ),
                self._content_key,
            ).body  # fmt: skip
        return Heard(event["seq"], event["id"], event["sender"], event["kind"], body)

    def _was_ousted(self) -> None:
        self.ousted = True
        self._news.set()


class World:
    """Nodes, and the people in front of them."""

    def __init__(self, nodes: list[Node], bus: Bus) -> None:
        self.nodes = nodes
        self.bus = bus
        self._numbers = iter(range(1, 1_000_000))

    async def prospect(self, name: str = "Ada Lovelace") -> Browser:
        """Someone who started an instant call on the first node."""
        node = self.nodes[0]
        first, _, last = name.partition(" ")
        started = await node.lifecycle.start(
            name=Name(first, last), topic=None, language="de",
            request=f"request {next(self._numbers)}".encode(),
        )  # fmt: skip
        assert started.joined is not None
        node.relay.announce(started.joined)
        key = await node.keys.content_key(started.session, Epoch(1))
        return Browser(started.session, started.participant, Role.PROSPECT, key)

    async def account(self, role: Role = Role.ADVISOR) -> Account:
        """Someone who signs in."""
        number = next(self._numbers)
        return await self.nodes[0].accounts.add(
            f"account{number}", display_name=f"Advisor {number}", role=role, password_hash="-"
        )

    async def advisor(
        self, session: SessionId, *, account: Account | None = None, node: int = 0
    ) -> Browser:
        """An advisor who prepares the session."""
        account = account or await self.account()
        at = self.nodes[node]
        seat = await at.lifecycle.advisor_seat(session, account.id, prepare=True)
        if seat.joined is not None:
            at.relay.announce(seat.joined)
        key = await at.keys.content_key(session, Epoch(1))
        return Browser(session, seat.participant, Role.ADVISOR, key, account.id)

    async def talk(self) -> tuple[Browser, Browser]:
        """A prospect and an advisor who has accepted; both have joined the first node."""
        prospect = await self.prospect()
        advisor = await self.advisor(prospect.session)
        await prospect.join(self.nodes[0])
        await advisor.join(self.nodes[0])
        await advisor.say("session.accepted", {"name": "Advisor", "title": ""})
        return prospect, advisor


def payload_of(frame: bytes) -> bytes:
    """The text in a complete frame from a server."""
    size = frame[1]
    start = 2 if size < 126 else 4 if size == 126 else 10
    return frame[start:]


def migrated(folder: Path) -> Path:
    """Two fresh databases in this folder; copy it rather than migrate again."""
    migrate(f"sqlite:///{folder}/main.db", "main")
    migrate(f"sqlite:///{folder}/keys.db", "keys")
    return folder


@asynccontextmanager
async def world_in(
    folder: Path, template: Path, *, nodes: int = 1, bus: Bus | None = None,
    buses: Sequence[Bus] = (),
    sweep_seconds: float = 0.05, now_ms: Clock = wall_clock_ms,
) -> AsyncIterator[World]:  # fmt: skip
    """A world over copies of the migrated databases in `template`.

    Its nodes share one bus, or each has its own of `buses`.
    """
    for name in ("main.db", "keys.db"):
        shutil.copy(template / name, folder)
    database = Database.open(f"sqlite:///{folder}/main.db", rows=Row)
    key_database = Database.open(f"sqlite:///{folder}/keys.db", rows=KeyRow)
    carriers = list(buses) or [bus or MemoryBus()] * nodes
    everyone = [
        Node.over(
            f"node{number}", database, key_database, carrier,
            sweep_seconds=sweep_seconds, now_ms=now_ms,
        )
        for number, carrier in enumerate(carriers, 1)
    ]  # fmt: skip
    try:
        for carrier in buses:
            await carrier.start()
        for node in everyone:
            await node.start()
        yield World(everyone, carriers[0])
    finally:
        for node in everyone:
            await node.close()
        for carrier in buses:
            await carrier.close()
        await database.close()
        await key_database.close()
