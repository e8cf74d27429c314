"""The relay: the one path an event takes from whoever caused it to whoever may see it.

    publish:  may they? -> log, or a time stamp -> bus
    watch:    bus -> in order, once each -> sink; what the bus lost comes from the log

Permission is a row in the table of kinds. It knows no keys, no sockets and no accounts.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from time import monotonic
from typing import Any

import orjson

from sessions.clock import Clock, wall_clock_ms
from sessions.events import (
    KINDS,
    Envelope,
    Kind,
    Lane,
    ParticipantId,
    Refused,
    Role,
    SenderId,
    Seq,
    SessionId,
    State,
    has_log,
)
from sessions.log import Log
from signaling.bus import Bus
from signaling.channel import Channel, Sink, Watch, at_once, nothing
from signaling.tasks import Tasks

_logger = logging.getLogger(__name__)
# Looked up once: a member looked up in its class costs five times as much as a constant.
_LOGGED, _ENDED = Lane.LOGGED, State.ENDED


class Relay:
    """Carries events between participants, on this node and, over the bus, on all others."""

    def __init__(
        self,
        log: Log,
        bus: Bus,
        *,
        checks: Mapping[str, Callable[[dict[str, Any]], dict[str, Any]]] | None = None,
        sweep_seconds: float = 1.0,
        now_ms: Clock = wall_clock_ms,
    ) -> None:
        self._log = log
        self._bus = bus
        self._checks = checks or {}
        self._sweep_seconds = sweep_seconds
        self._now_ms = now_ms
        self._channels: dict[SessionId, tuple[Channel, Callable[[], None]]] = {}
        self._observers: list[Callable[[Envelope], None]] = []
        self._departures: list[Callable[[SessionId], None]] = []
        self._doubters: list[Callable[[SessionId], None]] = []
        self._tasks = Tasks()
        self._doubted: set[SessionId] = set()  # channels to compare with the log at once
        self._doubt = asyncio.Event()

    async def start(self) -> None:
        """Begin to compare with the log once a second."""
        self._tasks.spawn(self._sweep())

    async def close(self) -> None:
        """Stop every read and sweep."""
        await self._tasks.close()

    def observe(self, observer: Callable[[Envelope], None]) -> None:
        """Call `observer` with every logged event that this node brought about."""
        self._observers.append(observer)

    def on_departure(self, observer: Callable[[SessionId], None]) -> None:
        """Call `observer` when someone in a session watched here gave up or lost a seat."""
        self._departures.append(observer)

    def on_doubt(self, observer: Callable[[SessionId], None]) -> None:
        """Call `observer` when passing events of a channel watched here may have been lost."""
        self._doubters.append(observer)

    # -- publish

    async def publish(
        self, envelope: Envelope, role: Role, *, account: str | None = None
    ) -> Envelope:
        """Take an event from a participant; the answer has its seq, if logged.

        Raises Refused, or Unknown when it may have happened.
        """
        kind = self._permit(envelope, role)
        if kind.lane is _LOGGED:
            reason = self._reason(envelope) if kind.moves_to is _ENDED else None
            stored = await self._log.append(envelope, account=account, reason=reason)
            self.announce(stored)
            return stored
        if kind.untold:
            return envelope
        if kind.clear:
            envelope = envelope._replace(sealed=self._checked(kind, envelope.sealed))
        self.announce(envelope)
        return envelope

    def announce(self, envelope: Envelope, *, to: SessionId | None = None) -> None:
        """Carry an event that is in the log already, or a passing one; `to`: on this channel, in
        place of the one that the table names."""
        if envelope.seq is not None:
            self._bus.publish(envelope.session, envelope)
            for observer in self._observers:
                observer(envelope)
            return
        kind = KINDS[envelope.kind]
        if not envelope.at_ms:
            envelope = envelope._replace(at_ms=self._now_ms())
        if kind.to is None or Role.SERVER not in kind.senders:
            self._bus.publish(envelope.session, envelope)
        if kind.to is not None:
            self._bus.publish(to or kind.to, envelope)

    def tell_here(self, envelope: Envelope) -> None:
        """A passing event for those who watch on this node alone."""
        opened = self._channels.get(envelope.session)
        if opened is not None:
            opened[0].hear(envelope._replace(at_ms=self._now_ms()))

    def erased(self, session: SessionId) -> None:
        """Take nothing more for a session that was erased, whoever watches it here."""
        opened = self._channels.get(session)
        if opened is not None:
            opened[0].vanish()

    def _permit(self, envelope: Envelope, role: Role) -> Kind:
        """The one place that decides who may send what when. The log decides again on states,
        within its transaction."""
        kind = KINDS.get(envelope.kind)
        if kind is None:
            raise Refused("kind.unknown", field="kind")
        if role not in kind.senders:
            raise Refused("kind.role", field="kind")
        if len(envelope.sealed) > kind.max_bytes:
            raise Refused("too.large", field="sealed")
        if kind.lane is _LOGGED:
            return kind
        opened = self._channels.get(envelope.session)
        if opened is not None:
            state = opened[0].state
            if state not in kind.states:
                raise Refused("session.ended" if state is _ENDED else "kind.state")
        return kind

    def _checked(self, kind: Kind, text: bytes) -> bytes:
        """The body of a clear kind, as the part that owns the kind wants it."""
        check = self._checks.get(kind.name)
        if check is None:
            raise Refused("body.invalid", field="body")
        return orjson.dumps(check(orjson.loads(text)))

    def _reason(self, envelope: Envelope) -> str:
        """Why a talker's `session.ended` ends it: the body that says so is sealed."""
        opened = self._channels.get(envelope.session)
        waiting = opened is not None and opened[0].state is State.WAITING
        return "abandoned" if waiting else "hung_up"

    # -- watch

    def watch(
        self,
        channel: SessionId,
        after: Seq,
        sink: Sink,
        participant: ParticipantId | None,
        *,
        sender: SenderId | None = None,
        role: Role | None = None,
        head: Seq | None = None,
        state: State = State.WAITING,
        drained: Callable[[], Awaitable[None]] = at_once,
        ousted: Callable[[], None] = nothing,
    ) -> Watch:
        """Call `sink(frame, envelope)` for each logged event after `after`, in order and once,
        and for the passing ones of others, until `Watch.close`.

        `head` and `state` are the session's when the seat was checked. `ousted` is called after
        the last event when a colleague accepted the session and this advisor's seat is gone.
        """
        joined_at = after if head is None else head
        watch = Watch(
            sink, participant, after, sender=sender, role=role, drained=drained, ousted=ousted,
            joined_at=joined_at, stop=lambda watch: self._stop(channel, watch),
        )  # fmt: skip
        opened = self._channels.get(channel)
        if opened is None:
            new = Channel(
                channel, self._log, self._tasks, cursor=joined_at, state=state,
                resync=lambda: self._doubt_about(channel), departed=self._tell_departure,
            )  # fmt: skip
            # Listen before the log is read, so that nothing falls between the two.
            opened = self._channels[channel] = (new, self._bus.listen(channel, new))
        opened[0].saw(state)
        opened[0].add(watch)
        return watch

    def _stop(self, channel: SessionId, watch: Watch) -> None:
        opened = self._channels.get(channel)
        if opened is None:
            return
        opened[0].remove(watch)
        if not opened[0].watches:
            del self._channels[channel]
            opened[1]()

    def _tell_departure(self, session: SessionId) -> None:
        for observer in self._departures:
            observer(session)

    # -- what the bus lost without anyone noticing

    def _doubt_about(self, channel: SessionId) -> None:
        self._doubted.add(channel)
        self._doubt.set()
        for observer in self._doubters:
            observer(channel)

    async def _sweep(self) -> None:
        due = self._next_sweep()
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(due - monotonic()):
                    await self._doubt.wait()
            self._doubt.clear()
            doubted, self._doubted = self._doubted, set()
            if monotonic() >= due:
                due = self._next_sweep()
                doubted |= self._silent()
            try:
                await self._compare(doubted)
            except Exception:
                _logger.exception("could not compare with the log")

    def _next_sweep(self) -> float:
        """Twice as soon while the log is the only way here: what is over elsewhere ends in time."""
        return monotonic() + self._sweep_seconds / (2 if self._bus.report().degraded else 1)

    def _silent(self) -> set[SessionId]:
        """Where nothing came since the last look; elsewhere the next event would show a gap.
        Without the bus nothing comes by itself but what was said here, and that shows nothing."""
        silent, degraded = set(), self._bus.report().degraded
        for id_, (channel, _) in self._channels.items():
            if channel.silent or degraded:
                silent.add(id_)
            else:
                channel.check(channel.cursor)
            channel.silent = True
        return silent

    async def _compare(self, doubted: set[SessionId]) -> None:
        """One query for all of them."""
        due = {channel for channel in doubted.intersection(self._channels) if has_log(channel)}
        heads = await self._log.heads(due) if due else {}
        for session in due:
            if (head := heads.get(session)) is None:
                self.erased(session)
            elif (opened := self._channels.get(session)) is not None:
                opened[0].check(head)
