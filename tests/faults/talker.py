"""Someone in a session who says a number of things and does not give up: another node, same ids.

It does what a browser does (join after the last seq, drop what was seen, join anew at a gap, repeat
what was not answered), and tells a history. What is sealed is noise: the server cannot tell.
"""

import asyncio
import json
import os
import random
from base64 import b64encode
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256
from time import monotonic
from typing import Any, Final, NamedTuple

import aiohttp

from sessions.events import new_event_id
from tests.faults.history import History, Seen

ANSWER_SECONDS: Final = 8.0
JOIN_SECONDS: Final = 6.0
TICK_SECONDS: Final = 0.05
MOST_A_SECOND: Final = 18.0  # below what one connection may say
SIZE: Final = 284  # sealed bytes of a sentence
PASSING_SHARE: Final = 0.1


@dataclass(frozen=True, slots=True)
class Place:
    """A seat, and how to get in."""

    session: str
    participant: str
    ticket: Callable[[], str]
    nodes: Callable[[], list[str]]  # where to find nodes that should be up


@dataclass(slots=True)
class Outgoing:
    """Said and not answered yet."""

    sealed: str
    asked_at: float = 0.0


class Took(NamedTuple):
    """Something began at this moment (monotonic) and took so long, in seconds."""

    began: float
    seconds: float


@dataclass(slots=True)
class Measured:
    """How it felt: until the answer, until the partner had it, until one was in again."""

    acks: list[Took] = field(default_factory=list)
    ways: list[Took] = field(default_factory=list)
    absences: list[Took] = field(default_factory=list)
    gaps: int = 0
    born: dict[str, float] = field(default_factory=dict)  # when each was said first


class Talker:
    """Says `quota` things, at most `window` of them unanswered."""

    def __init__(
        self, place: Place, history: History, measured: Measured, *, quota: int, seed: int,
        a_second: float = MOST_A_SECOND, window: int = 4,
    ) -> None:  # fmt: skip
        self.place = place
        self.cursor = 0
        self.left = quota
        self._history = history
        self._measured = measured
        self._dice = random.Random(seed)
        self._window = window
        self._every_seconds = 1 / min(a_second, MOST_A_SECOND)
        self._next_at = 0.0
        self._open: dict[str, Outgoing] = {}
        self._gone_at = monotonic()
        self._calls: dict[int, str] = {}
        self._numbers = iter(range(1, 1_000_000_000))
        self._log_epoch: str | None = None

    @property
    def has_said_all(self) -> bool:
        return self.left == 0 and not self._open

    async def talk(self, http: aiohttp.ClientSession, until: Callable[[], bool]) -> None:
        """Until everything is said and `until` agrees, whatever fails meanwhile."""
        while not (self.has_said_all and until()):
            # No node, or it went away: another.
            with suppress(aiohttp.ClientError, OSError, TimeoutError, IndexError):
                await self._visit(http, self._dice.choice(self.place.nodes()), until)
            await asyncio.sleep(self._dice.uniform(0.05, 0.5))

    # -- one connection

    async def _visit(
        self, http: aiohttp.ClientSession, url: str, until: Callable[[], bool]
    ) -> None:
        self._calls.clear()
        address = f"{url}/socket.io/?EIO=4&transport=websocket"
        async with asyncio.timeout(JOIN_SECONDS):
            socket = await http.ws_connect(address, origin=url, max_msg_size=2**22)
        try:
            async with asyncio.timeout(JOIN_SECONDS):
                if not await self._join(socket):
                    return
            self._measured.absences.append(self._since(self._gone_at))
            for outgoing in self._open.values():
                outgoing.asked_at = 0.0
            while not (self.has_said_all and until()):
                await self._say(socket)
                if not await self._listen(socket):
                    return
        finally:
            self._gone_at = monotonic()
            await socket.close()

    async def _join(self, socket: aiohttp.ClientWebSocketResponse) -> bool:
        await socket.send_str("40")
        asked = {
            "ticket": self.place.ticket(), "after": self.cursor, "log_epoch": self._log_epoch,
        }  # fmt: skip
        await socket.send_str("420" + json.dumps(["join", asked]))
        while True:
            text = await _text(socket)
            if text is None:
                return False
            if text == "2":
                await socket.send_str("3")
            elif text.startswith("430"):
                [answer] = json.loads(text[3:])
                if not answer["ok"]:
                    return False
                assert "reload" not in answer, "a log that never changed was told anew"
                self._log_epoch = answer["log_epoch"]
                return True

    async def _say(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        """Repeat what was not answered; then new things, as far as the window allows."""
        now = monotonic()
        for id_, outgoing in self._open.items():
            if not outgoing.asked_at:
                await self._send(socket, id_, outgoing)
            elif now - outgoing.asked_at > ANSWER_SECONDS:
                raise TimeoutError
        while self.left and len(self._open) < self._window and now >= self._next_at:
            self._next_at = max(self._next_at, now - 1) + self._every_seconds
            self.left -= 1
            id_, sealed = self._new()
            outgoing = self._open[id_] = Outgoing(sealed)
            self._measured.born[id_] = monotonic()
            await self._send(socket, id_, outgoing)
        if self._dice.random() < PASSING_SHARE:
            id_, sealed = self._new()
            await socket.send_str(_send("chat.typing", id_, sealed))

    def _new(self) -> tuple[str, str]:
        id_, sealed = new_event_id(), b64encode(os.urandom(SIZE)).decode()
        self._history.sent(self.place.session, id_, sha256(sealed.encode()).hexdigest())
        return id_, sealed

    async def _send(
        self, socket: aiohttp.ClientWebSocketResponse, id_: str, outgoing: Outgoing
    ) -> None:
        outgoing.asked_at = monotonic()
        number = next(self._numbers)
        self._calls[number] = id_
        await socket.send_str(_send("chat.message", id_, outgoing.sealed, number))

    # -- what comes

    async def _listen(self, socket: aiohttp.ClientWebSocketResponse) -> bool:
        """Take what comes within a moment; False when this connection is of no more use."""
        try:
            text = await _text(socket, TICK_SECONDS)
        except TimeoutError:
            return True
        if text is None:
            return False
        if text == "2":
            await socket.send_str("3")
        elif text.startswith("42"):
            return self._hear(json.loads(text[2:])[1])
        elif text.startswith("43"):
            self._answered(text)
        return not text.startswith(("1", "41"))

    def _hear(self, event: dict[str, Any]) -> bool:
        seq = event["seq"]
        if seq is None:
            self._history.passed(self.place.session, event["id"])
        elif seq == self.cursor + 1:
            self.cursor = seq
            content = sha256(event["sealed"].encode()).hexdigest()
            seen = Seen(seq, event["id"], content)
            self._history.saw(self.place.session, self.place.participant, seen)
            mine = event["sender"].startswith(self.place.participant)
            if not mine and (born := self._measured.born.get(event["id"])) is not None:
                self._measured.ways.append(self._since(born))
        elif seq > self.cursor:
            self._measured.gaps += 1
            return False
        return True

    @staticmethod
    def _since(began: float) -> Took:
        return Took(began, monotonic() - began)

    def _answered(self, text: str) -> None:
        start = text.index("[")
        id_ = self._calls.pop(int(text[2:start]), "")
        [answer] = json.loads(text[start:])
        outgoing = self._open.get(id_)
        if answer["ok"]:
            if self._open.pop(id_, None) is not None:
                self._history.answered(id_, answer["seq"])
                self._measured.acks.append(self._since(self._measured.born[id_]))
        elif answer["code"] in ("retry", "too.fast"):
            if outgoing is not None:
                outgoing.asked_at = 0.0
        else:
            raise AssertionError(f"refused: {answer}")


def _send(kind: str, id_: str, sealed: str, number: int | None = None) -> str:
    argument = {"id": id_, "kind": kind, "epoch": 1, "sealed": sealed}
    return f"42{'' if number is None else number}" + json.dumps(["send", argument])


async def _text(
    socket: aiohttp.ClientWebSocketResponse, within_seconds: float | None = None
) -> str | None:
    """The next text; None when the connection is over."""
    message = await socket.receive(within_seconds)
    return message.data if message.type is aiohttp.WSMsgType.TEXT else None
