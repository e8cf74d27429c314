"""One connection: reads its packets one after the other, writes its frames, keeps its clocks.

It does not know what the words do (`signaling.speaking` does), nor who else is connected.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from time import monotonic
from typing import Any, Final, Protocol

from aiohttp import WSMsgType, web
from aiohttp.abc import AbstractStreamWriter

from sessions.events import Envelope, Malformed, Refused, SenderId, Unknown
from signaling import wire
from signaling.channel import Watch
from signaling.limits import Limits, Meter
from signaling.tasks import Tasks
from signaling.tickets import Claims

MAX_BACKLOG_BYTES: Final = 1_048_576  # written but not yet taken by the client
MAX_COLLECTED_BYTES: Final = 65_536  # of frames that share a write
RESTARTING: Final = 1012  # come back at once, to whoever answers then
POLICY: Final = 1008  # malformed, or too late
OVERLOADED: Final = 1013  # come again later
STRUCK_OUT: Final = 4408
Argument = dict[str, Any]
_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Timing:
    """The deadlines of a connection, in seconds."""

    connect_seconds: float = 5
    join_seconds: float = 5
    ping_seconds: float = 10
    pong_seconds: float = 8
    handler_seconds: float = 10
    close_seconds: float = 2


class Words(Protocol):
    """What happens on each word. A refusal is raised; any other answer the word gives itself."""

    async def join(self, connection: "Connection", argument: Argument, ack: int | None) -> None:
        """Bind the connection to a channel."""

    async def send(self, connection: "Connection", argument: Argument, ack: int | None) -> None:
        """Publish an event."""

    async def leave(self, connection: "Connection", argument: Argument, ack: int | None) -> None:
        """Give the seat up."""

    def gone(self, connection: "Connection") -> None:
        """The connection has ended, whatever it was."""


class Connection:
    """A WebSocket bound, by one `join`, to one channel.

    All writes are complete frames handed to the transport in one call, ours as well as those that
    aiohttp writes by itself (pong and close): so they never cut into each other. What comes in one
    turn of the loop shares a write: an event that comes back, its answer, and what others said.
    """

    __slots__ = (
        "_asked_at", "_busy_since", "_closing", "_collected", "_drain", "_opened_at", "_pinged_at",
        "_seen_at", "_soon", "_tasks", "_timing", "_transport", "_words", "_ws", "claims",
        "connected", "epoch", "meter", "moved", "offended", "pongs", "sender", "sid", "watch",
        "welcome",
    )  # fmt: skip

    def __init__(
        self, sid: str, ws: "web.WebSocketResponse[Any]", transport: asyncio.Transport,
        writer: AbstractStreamWriter, *, words: Words, tasks: Tasks, timing: Timing,
        limits: Limits, now: float, welcome: Callable[[], None],
    ) -> None:  # fmt: skip
        self.sid = sid
        self.meter = Meter(limits)
        self.connected = False
        self.pongs = 0
        self.offended = False  # closed for what was sent
        self.moved = False  # asked to come back elsewhere: not gone
        self.claims: Claims | None = None
        self.epoch: int = 0  # of the session's content key, when the seat was checked
        self.sender: SenderId | None = None
        self.watch: Watch | None = None
        self._ws = ws
        self._transport = transport
        self._collected = bytearray()  # frames for the end of this turn of the loop
        self._soon = asyncio.get_running_loop().call_soon
        self.welcome = welcome
        self._drain: Callable[[], Awaitable[None]] = writer.drain
        self._words = words
        self._tasks = tasks
        self._timing = timing
        self._opened_at = self._seen_at = self._pinged_at = now
        self._asked_at: float | None = None  # of a ping that was not answered yet
        self._busy_since: float | None = None
        self._closing: asyncio.Task[None] | None = None

    # -- reading

    async def run(self) -> None:
        """Serve until the connection ends."""
        self.write(wire.opening(
            self.sid,
            ping_seconds=self._timing.ping_seconds, pong_seconds=self._timing.pong_seconds,
        ))  # fmt: skip
        while self._closing is None:
            message = await self._ws.receive()
            if message.type is not WSMsgType.TEXT:
                if message.type is WSMsgType.BINARY:
                    self.close(POLICY)
                break
            self._busy_since = monotonic()
            try:  # the first of the two places in which errors meet their fate
                packet = wire.parse(message.data)
                if type(packet) is wire.Call:
                    await self._call(packet)
                else:
                    self._control(packet)
            except Malformed as reason:
                _logger.debug("closed a connection that sent a malformed %s", reason)  # no flood
                self.offended = True
                self.close(POLICY)
            self._busy_since = None
        if self._closing is not None:
            await asyncio.wait([self._closing])

    async def _call(self, call: wire.Call) -> None:
        if not self.connected:
            raise Malformed("call before connect")
        word, argument, ack = call
        try:
            if word == "send":
                await self._words.send(self, argument, ack)
            elif word == "join":
                await self._words.join(self, argument, ack)
            else:
                await self._words.leave(self, argument, ack)
        except Refused as refused:
            self.refuse(refused, ack)
        except Unknown:
            self.answer(ack, {"ok": False, "code": "retry"})
        except Malformed:
            raise
        except Exception:
            _logger.exception("%s failed", word)
            self.answer(ack, {"ok": False, "code": "retry"})

    def _control(self, packet: wire.Packet) -> None:
        if type(packet) is wire.Pong:
            if self._asked_at is None:
                raise Malformed("pong without a ping")
            self._asked_at = None
            self.pongs += 1
        elif type(packet) is wire.Connect:
            if self.connected:
                raise Malformed("second connect")
            self.connected = True
            self._seen_at = self._busy_since or self._seen_at
            self.write(wire.connected(self.sid))
        else:
            self.close(1000)

    # -- writing

    def write(self, frame: bytes, _event: Envelope | None = None) -> None:
        """Write a complete frame, together with what follows at once.

        This is also the sink of the connection's watch.
        """
        if self._closing is not None:
            return
        collected = self._collected
        if not collected:
            self._soon(self._flush)
        collected += frame
        if len(collected) > MAX_COLLECTED_BYTES:
            self._flush()

    def _flush(self) -> None:
        """Hand over what was collected; a client that does not take what it gets is cut off."""
        frames = bytes(self._collected)
        self._collected.clear()
        transport = self._transport
        if not frames or transport.is_closing():
            return
        transport.write(frames)
        if transport.get_write_buffer_size() > MAX_BACKLOG_BYTES:
            self.abort()

    async def drained(self) -> None:
        """Wait until the client has taken most of what was written."""
        await self._drain()

    def answer(self, ack: int | None, answer: dict[str, Any]) -> None:
        """Answer a call, if an answer was asked for."""
        if ack is not None:
            self.write(wire.acked(ack, answer))

    def refuse(self, refused: Refused, ack: int | None) -> None:
        """Say no, and count it."""
        answer: dict[str, Any] = {"ok": False, "code": refused.code}
        if refused.field is not None:
            answer["field"] = refused.field
        if (retry_ms := refused.facts.get("retry_ms")) is not None:
            answer["retry_ms"] = retry_ms
        self.answer(ack, answer)
        if self.meter.strike(refused.code):
            self.offended = True
            self.close(STRUCK_OUT, goodbye=True)

    # -- ending

    def close(self, code: int, *, goodbye: bool = False) -> None:
        """Close in order; with `goodbye` the stock client does not come back by itself."""
        if self._closing is not None:
            return
        self.moved = code == RESTARTING
        if goodbye:
            self.write(wire.GOODBYE)
        if self.watch is not None:
            self.watch.close()
        self._closing = self._tasks.spawn(self._close(code))

    async def _close(self, code: int) -> None:
        # A task begins after what was due before it: what was collected has been handed over.
        try:
            async with asyncio.timeout(self._timing.close_seconds):
                await self._ws.close(code=code)
        except TimeoutError:
            pass
        finally:
            self._transport.abort()

    def abort(self) -> None:
        """Cut the connection off and forget what was not sent."""
        if self.watch is not None:
            self.watch.close()
        self._transport.abort()

    def tick(self, now: float) -> None:
        """Called about once a second: deadlines and the ping."""
        timing = self._timing
        if self._closing is not None:
            return
        if self._busy_since is not None and now - self._busy_since > timing.handler_seconds:
            _logger.error("a word took longer than its deadline")
            self.abort()
        elif not self.connected:
            if now - self._opened_at > timing.connect_seconds:
                self.close(POLICY)
        elif self.claims is None:
            if now - self._seen_at > timing.join_seconds:
                self.close(POLICY)
        if self._asked_at is not None:
            if now - self._asked_at > timing.pong_seconds:
                self.abort()
        elif now - self._pinged_at >= timing.ping_seconds:
            self._pinged_at = self._asked_at = now
            self.write(wire.PING)
