"""Somebody who takes part in a session from outside, by the socket as a browser speaks it.

Seals what it says, opens and counts what it hears. It joins once and does not come back by itself,
and knows nothing of how one is admitted, nor of pictures and sound.
"""

import asyncio
import itertools
import json
from base64 import b64decode, b64encode
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Final, NamedTuple

import aiohttp
from aiohttp import WSMsgType

from sessions.envelope import NO_PREVIOUS, ContentKey, Unreadable, event_key, open_sealed, seal
from sessions.events import (
    KINDS,
    Envelope,
    Epoch,
    EventId,
    Lane,
    ParticipantId,
    Refused,
    SenderId,
    Seq,
    SessionId,
    new_event_id,
    participant_of,
)
from signaling.sockets import PATH
from signaling.tasks import Tasks

_LARGEST: Final = 131_072  # as much as a page of ours takes
_LOST: Final = "the connection is lost"


@dataclass(frozen=True, slots=True)
class Seated:
    """What one is told on being admitted, as far as the socket needs it."""

    session: SessionId
    participant: ParticipantId
    ticket: str = field(repr=False)
    affinity: str
    epoch: Epoch
    content_key: ContentKey = field(repr=False)


class Seen(NamedTuple):
    """One seat of the roster."""

    participant: ParticipantId
    role: str


class Heard(NamedTuple):
    """One event, opened."""

    kind: str
    participant: ParticipantId
    mine: bool
    body: dict[str, Any]


Ears = Callable[[Heard], None]


class Participant:
    """One connection to one session. `hear` is called with each event, in the order it comes."""

    def __init__(
        self, http: aiohttp.ClientSession, url: str, seated: Seated, hear: Ears,
        *, origin: str | None = None,
    ) -> None:  # fmt: skip
        """`origin`: of the page that one speaks for, where that is not `url`."""
        self.seated = seated
        self.lost = asyncio.Event()
        self._http = http
        self._url = url
        self._origin = origin or url
        self._hear = hear
        self._tasks = Tasks()
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._sender = SenderId("")
        self._calls = itertools.count(1)
        self._answers: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._counters = {Lane.LOGGED: 0, Lane.PASSING: 0}
        self._previous = NO_PREVIOUS
        self._saying = asyncio.Lock()

    async def join(self) -> tuple[Seen, ...]:
        """Open the socket and take the seat; who sits in the session, oneself among them.

        What was logged before is heard from now on, in its order, and what passes may come before
        it. Raises Refused, or ConnectionError.
        """
        place = f"{self._url}{PATH}?EIO=4&transport=websocket&affinity={self.seated.affinity}"
        try:
            self._socket = await self._http.ws_connect(
                place, headers={"Origin": self._origin}, max_msg_size=_LARGEST, compress=0
            )
        except aiohttp.ClientError as error:
            raise ConnectionError("the socket does not open") from error
        await self._greet(self._socket)
        self._tasks.spawn(self._listen(self._socket))
        asked = {"ticket": self.seated.ticket, "after": 0, "log_epoch": None}
        answer = _said(await (await self._ask("join", asked)))
        try:
            self._sender = SenderId(answer["sender"])
            return tuple(Seen(seat["participant"], seat["role"]) for seat in answer["roster"])
        except (KeyError, TypeError):
            raise ConnectionError("joined without a seat") from None

    async def say(self, kind: str, body: dict[str, Any]) -> int | None:
        """Say it, and wait until it is answered: the seq of what is logged.

        Raises Refused with the server's code, or ConnectionError.
        """
        async with self._saying:  # the chain is made in the order in which things are sent
            waiting = await self._ask("send", self._sealed(kind, body))
        return _said(await waiting).get("seq")

    async def leave(self) -> None:
        """Give the seat up, if the connection still stands."""
        with suppress(ConnectionError, Refused):
            _said(await (await self._ask("leave", {})))

    async def close(self) -> None:
        """Let go of the connection; the seat is kept for its lease."""
        if self._socket is not None:
            await self._socket.close()
        await self._tasks.close()
        self._over()

    # -- up

    def _sealed(self, kind: str, body: dict[str, Any]) -> dict[str, Any]:
        row, id = KINDS[kind], new_event_id()
        if row.clear:
            return {"id": id, "kind": kind, "body": body}
        seated = self.seated
        header = Envelope(seated.session, self._sender, id, kind, seated.epoch, b"")
        logged = row.lane is Lane.LOGGED
        sealed = seal(
            body,
            key=event_key(seated.content_key, seated.session, self._sender),
            header=header,
            counter=self._counters[row.lane],
            previous=self._previous if logged else NO_PREVIOUS,
        )
        self._counters[row.lane] += 1
        if logged:
            self._previous = sha256(sealed).digest()
        text = b64encode(sealed).decode()
        return {"id": id, "kind": kind, "epoch": seated.epoch, "sealed": text}

    async def _ask(self, word: str, argument: dict[str, Any]) -> "asyncio.Future[dict[str, Any]]":
        """Send a word; what is returned ends with its answer."""
        if self._socket is None or self.lost.is_set():
            raise ConnectionError(_LOST)
        number = next(self._calls)
        waiting = self._answers[number] = asyncio.get_running_loop().create_future()
        await self._socket.send_str(f"42{number}" + json.dumps([word, argument]))
        return waiting

    # -- down

    @staticmethod
    async def _greet(socket: aiohttp.ClientWebSocketResponse) -> None:
        if not (await _text(socket)).startswith("0"):
            raise ConnectionError("no greeting")
        await socket.send_str("40")
        if not (await _text(socket)).startswith("40"):
            raise ConnectionError("the namespace does not open")

    async def _listen(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        try:
            while True:
                await self._take(socket, await _text(socket))
        except (ConnectionError, ValueError, KeyError, TypeError):
            pass  # whatever came is not what our server says: as good as gone
        finally:
            self._over()

    async def _take(self, socket: aiohttp.ClientWebSocketResponse, text: str) -> None:
        if text == "2":
            await socket.send_str("3")
        elif text.startswith("43"):
            start = text.index("[")
            [answer] = json.loads(text[start:])
            waiting = self._answers.pop(int(text[2:start]), None)
            if waiting is not None and not waiting.done():
                waiting.set_result(answer)
        elif text.startswith("42"):
            _, event = json.loads(text[2:])
            heard = self._opened(event)
            if heard is not None:
                self._hear(heard)
        else:
            raise ConnectionError("goodbye")

    def _opened(self, event: dict[str, Any]) -> Heard | None:
        """None for what does not open: nobody is to be stopped by it."""
        sender, kind = SenderId(event["sender"]), event["kind"]
        if "body" in event:
            body = event["body"]
        else:
            sealed = Envelope(
                self.seated.session, sender, EventId(event["id"]), kind, Epoch(event["epoch"]),
                b64decode(event["sealed"]), event["at"], Seq(event["seq"] or 0),
            )  # fmt: skip
            try:
                body = open_sealed(sealed, self.seated.content_key).body
            except Unreadable:
                return None
        return Heard(kind, participant_of(sender), sender == self._sender, body)

    def _over(self) -> None:
        self.lost.set()
        for waiting in self._answers.values():
            if not waiting.done():
                waiting.set_result({"ok": False, "code": _LOST})
        self._answers.clear()


def _said(answer: dict[str, Any]) -> dict[str, Any]:
    if answer.get("ok") is True:
        return answer
    code = str(answer.get("code", "unknown"))[:40]
    raise ConnectionError(_LOST) if code == _LOST else Refused(code)


async def _text(socket: aiohttp.ClientWebSocketResponse) -> str:
    message = await socket.receive()
    if message.type is not WSMsgType.TEXT:
        raise ConnectionError(_LOST)
    return str(message.data)
