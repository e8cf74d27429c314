"""One channel on one node: puts what the bus brings into order and hands it to the watches.

Logged events reach every watch once and in order; what the bus lost is read from the log.
It knows neither roles' rights nor connections, only sinks.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final

from sessions.events import (
    KINDS,
    Envelope,
    ParticipantId,
    Role,
    SenderId,
    Seq,
    SessionId,
    State,
    has_log,
    participant_of,
)
from sessions.log import Log
from signaling import wire, words
from signaling.tasks import Tasks

PAGE_EVENTS: Final = 200  # of one read from the log
_FORWARD: Final = (State.WAITING, State.ACTIVE, State.ENDED)
Sink = Callable[[bytes, Envelope], None]


async def at_once() -> None:
    """For sinks that cannot be overrun."""


def nothing() -> None:
    """For watches that need no word when they are closed from here."""


@dataclass(slots=True, eq=False)
class Watch:
    """One connection's view of a channel: takes each logged event once, in order."""

    sink: Sink
    participant: ParticipantId | None
    cursor: int
    sender: SenderId | None = None
    role: Role | None = None
    drained: Callable[[], Awaitable[None]] = at_once  # awaited between replayed events
    ousted: Callable[[], None] = nothing
    joined_at: int = 0  # head of the log when the seat was checked; later events may end it
    stop: Callable[["Watch"], None] = field(default=lambda _watch: None)
    replaying: bool = False
    closed: bool = False

    def take(self, frame: bytes, event: Envelope) -> None:
        """Deliver, unless it is not this watch's turn: seen already, or still being replayed."""
        if self.closed:
            return
        if event.seq is None:
            if event.sender != self.sender:
                self.sink(frame, event)
        elif event.seq == self.cursor + 1:
            self.cursor = event.seq
            self.sink(frame, event)
            if event.kind == "session.accepted":
                self._lose_to(event)

    def close(self) -> None:
        """Take nothing more; closing twice is fine."""
        if not self.closed:
            self.closed = True
            self.stop(self)

    def _lose_to(self, accepted: Envelope) -> None:
        """A colleague accepted: this was the last event for an advisor who had prepared."""
        late = accepted.seq is not None and accepted.seq > self.joined_at
        if (
            late
            and self.role is Role.ADVISOR
            and participant_of(accepted.sender) != self.participant
        ):
            self.close()
            self.ousted()


class Channel:
    """The watches of one channel on this node, and how far they have come together."""

    def __init__(
        self, id_: SessionId, log: Log, tasks: Tasks, *, cursor: int, state: State,
        resync: Callable[[], None], departed: Callable[[SessionId], None],
    ) -> None:  # fmt: skip
        self.id = id_
        self.cursor = cursor
        self.state = state
        self.watches: tuple[Watch, ...] = ()
        self.silent = True  # since the last look: no logged event came by itself
        self._heard = cursor  # the highest seq that anyone spoke of
        self._log = log
        self._tasks = tasks
        self._resync = resync
        self._departed = departed  # called when someone gave up or lost a seat
        self._catching_up = False
        self._with_session = not has_log(id_)

    # -- the ear of the bus

    def hear(self, event: Envelope) -> None:
        """The next one: deliver. A gap: read the log. Seen: drop."""
        if event.seq is None:
            self._deliver(event)
        elif event.seq == self.cursor + 1:
            self._advance(event)
        elif event.seq > self.cursor:
            self.catch_up(event.seq)

    def resync(self) -> None:
        """The bus lost something, perhaps."""
        self._resync()

    # -- watches

    def add(self, watch: Watch) -> None:
        """Replay what this watch has not read; it goes over into live delivery without a seam."""
        self.watches = (*self.watches, watch)
        if not self._with_session:  # desk and ops have no log
            self._start_replay(watch)

    def remove(self, watch: Watch) -> None:
        """Deliver nothing more to it."""
        self.watches = tuple(other for other in self.watches if other is not watch)

    def catch_up(self, head: int) -> None:
        """Read from the log up to `head`, unless such a read is under way and will come to it."""
        self._heard = max(self._heard, head)
        if not self._catching_up and self._heard > self.cursor:
            self._catching_up = True
            self._tasks.spawn(self._catch_up())

    def check(self, head: int) -> None:
        """Compare with the head of the log; begin again what failed."""
        self.catch_up(head)
        for watch in self.watches:
            if watch.cursor < self.cursor and not watch.replaying:
                self._start_replay(watch)

    def saw(self, state: State) -> None:
        """The session is at least that far."""
        if _FORWARD.index(state) > _FORWARD.index(self.state):
            self.state = state

    def vanish(self) -> None:
        """The session was erased: it takes nothing more, and who is connected has no seat."""
        self.saw(State.ENDED)
        self._departed(self.id)

    # -- inside

    async def _catch_up(self) -> None:
        try:
            while self.cursor < self._heard and self.watches:
                page = await self._log.after(self.id, Seq(self.cursor), PAGE_EVENTS)
                for event in page:
                    self._offer(event)
                if not page:
                    self._heard = self.cursor  # hearsay; the sweep will ask again
        finally:
            self._catching_up = False

    def _start_replay(self, watch: Watch) -> None:
        watch.replaying = True
        self._tasks.spawn(self._replay(watch))

    async def _replay(self, watch: Watch) -> None:
        """Read on until a short page leaves nothing that passed meanwhile."""
        try:
            while not watch.closed:
                page = await self._log.after(self.id, Seq(watch.cursor), PAGE_EVENTS)
                for event in page:
                    self._offer(event)
                    if event.seq == watch.cursor + 1:
                        watch.take(self._frame(event), event)
                    await watch.drained()
                short = len(page) < PAGE_EVENTS
                if not page or (short and watch.cursor >= self.cursor):
                    return
        finally:
            watch.replaying = False

    def _offer(self, event: Envelope) -> None:
        """An event from the log: news for the whole channel if it is the next one."""
        if event.seq == self.cursor + 1:
            self._advance(event)

    def _advance(self, event: Envelope) -> None:
        self.cursor += 1
        self.silent = False
        if (state := KINDS[event.kind].moves_to) is not None:
            self.saw(state)
        self._deliver(event)
        if event.kind == "participant.left":
            self._departed(self.id)

    def _deliver(self, event: Envelope) -> None:
        if not self.watches:
            return
        frame = self._frame(event)  # once, whoever many take it
        for watch in self.watches:
            watch.take(frame, event)

    def _frame(self, event: Envelope) -> bytes:
        return wire.frame(words.event_text(event, with_session=self._with_session))
