"""The desk: who waits, in which order and how long yet, and who is free for them.

A sweep keeps the leases of everyone connected here, ends what has lapsed, and tells each prospect
their place when it changed. Each agency has a queue of its own, as the house has, and consoles hear
of their own alone. It knows numbers and identifiers only, and calls nobody: a free advisor's
console takes the head of the queue by itself.
"""

import asyncio
import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Final

from sessions.accounts import Accounts, Availability
from sessions.agencies import sees
from sessions.clock import Clock, wall_clock_ms
from sessions.events import DESK, Envelope, Seq, SessionId, desk_of
from sessions.lifecycle import Lifecycle
from signaling.attendance import Attendance, Seated, clear_event
from signaling.relay import Relay
from signaling.tasks import Tasks
from signaling.waiting import Advisors, advisors_at, expected_wait_s

LEASE_MS: Final = 12_000  # two renewals may be late before someone counts as gone
MOVING_MS: Final = 45_000  # a node leaves and the next one starts before who moved counts as gone
_BREATH_SECONDS: Final = 0.05  # many changes at once are looked at once
_WHAT: Final = {
    "participant.joined": "waiting",
    "participant.left": "waiting",
    "session.accepted": "taken",
    "session.ended": "ended",
}
Queues = Mapping[str | None, Sequence[SessionId]]
_Seen = list[tuple[object, ...]]
_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class DeskState:
    """The desk as the start page shows it; `expected_s` is for whoever comes next."""

    open: bool
    free: int
    waiting: int
    expected_s: int | None


class Desk:
    """This node's share in the work of the desk; every node runs one."""

    def __init__(
        self,
        relay: Relay,
        lifecycle: Lifecycle,
        accounts: Accounts,
        attendance: Attendance,
        *,
        node: str,
        now_ms: Clock = wall_clock_ms,
        sweep_seconds: float = 5.0,
        agencies: Collection[str] = (),
    ) -> None:
        """`agencies`: of whose desks this node hears at once what other nodes change."""
        self._relay = relay
        self._lifecycle = lifecycle
        self._accounts = accounts
        self._attendance = attendance
        self._node = node
        self._now_ms = now_ms
        self._sweep_seconds = sweep_seconds
        self._tasks = Tasks()
        self._wake = asyncio.Event()
        self._attendance_changed = False
        self._held_at = 0.0
        self._told: dict[SessionId, tuple[int, int | None, int]] = {}
        self._agencies = agencies
        self._changes: list[tuple[SessionId, str]] = []  # not told yet: whose they are is looked up
        self._changed = asyncio.Event()
        self._seen: dict[str | None, _Seen] | None = None
        self._here: dict[Seated, str | None] = {}  # in sessions that wait, and for whom
        self._absent: set[Seated] = set()  # by their leases, in every session that is not over
        attendance.changed = self._on_attendance
        relay.observe(self._on_logged)

    async def start(self) -> None:
        """Begin to sweep, and to hear of changes on other nodes."""
        self._watches = [
            self._relay.watch(desk_of(one), Seq(0), lambda _frame, _event: self._wake.set(), None)
            for one in (None, *self._agencies)
        ]
        self._compare(await self._accounts.desk())
        await self._forgive()
        self._tasks.spawn(self._run())
        self._tasks.spawn(self._tell_changes())

    async def close(self) -> None:
        """Stop sweeping; whoever was connected here is let go."""
        for watch in self._watches:
            watch.close()
        await self._tasks.close()
        await self._hold_moved()
        await self._lifecycle.hold(self._attendance.seated(), self._now_ms(), self._node)

    # -- questions

    async def state(self, agency: str | None = None) -> DeskState:
        """How things stand for whoever comes next to an agency, or to the house."""
        waiting = len((await self._lifecycle.queues()).get(agency, ()))
        advisors = advisors_at(await self._accounts.colleagues(agency))
        return _stands(waiting, advisors, await self._lifecycle.talks_of(agency))

    async def overall(self) -> DeskState:
        """The same of the house and all agencies together, as if anybody answered anybody."""
        waiting = len(await self._lifecycle.queue())
        advisors = advisors_at(await self._accounts.desk())
        return _stands(waiting, advisors, await self._lifecycle.recent_talks_s())

    async def position(self, session: SessionId) -> int | None:
        """The place in the queue of the session's agency, from 1; None for who does not wait."""
        for queue in (await self._lifecycle.queues()).values():
            if session in queue:
                return queue.index(session) + 1
        return None

    def availability_changed(self) -> None:
        """Someone's wish changed: look, and tell, soon."""
        self._wake.set()

    # -- what happens

    def _on_attendance(self) -> None:
        self._attendance_changed = True
        self._wake.set()

    def _on_logged(self, event: Envelope) -> None:
        """An event of this node that may change the desk."""
        what = _WHAT.get(event.kind)
        if what is None:
            return
        self._tell_ops(event.session, what)
        self._changes.append((event.session, what))
        self._changed.set()
        if event.kind == "session.accepted":
            self._tasks.spawn(self._dismiss(event.session))

    async def _tell_changes(self) -> None:
        """Tell the consoles of whoever each change is for. What cannot be told, because nobody
        knows for whom it is, they see when they look by themselves."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            changes, self._changes = self._changes, []
            try:
                agencies = await self._lifecycle.agencies({session for session, _ in changes})
            except Exception:
                _logger.exception("the consoles could not be told of a change")
                continue
            for session, what in changes:
                if session in agencies:
                    self._tell(agencies[session], session, what)

    def _tell(self, agency: str | None, session: SessionId | None, what: str) -> None:
        body: dict[str, object] = {"session": session, "what": what}
        event = clear_event(session or DESK, "desk.changed", body)
        self._relay.announce(event, to=desk_of(agency))

    def _tell_ops(self, session: SessionId, what: str) -> None:
        body: dict[str, object] = {"session": session, "what": what}
        self._relay.announce(clear_event(session, "ops.changed", body))

    async def _dismiss(self, session: SessionId) -> None:
        """Those who prepared as well lost their seats: write it down."""
        for left in await self._lifecycle.dismissed(session):
            self._relay.announce(left)

    async def _forgive(self) -> None:
        """While no node ran, nobody could be here: who is not counts as gone from now on only."""
        self._absent = set(await self._lifecycle.absent())
        await self._lifecycle.hold(self._absent, self._now_ms(), self._node)

    # -- the sweep

    async def _run(self) -> None:
        while True:
            try:
                async with asyncio.timeout(self._sweep_seconds):
                    await self._wake.wait()
            except TimeoutError:
                pass
            self._wake.clear()
            try:
                await self._sweep()
            except Exception:
                _logger.exception("a sweep of the desk failed; the next one tries again")
            await asyncio.sleep(_BREATH_SECONDS)

    async def _sweep(self) -> None:
        if monotonic() - self._held_at >= self._sweep_seconds:
            self._held_at = monotonic()
            await self._hold(self._attendance.seated())
        elif self._attendance_changed:
            await self._hold(())
        for lapse in await self._lifecycle.lapsed():
            if (settled := await self._lifecycle.settle(lapse)) is not None:
                self._relay.announce(settled)
        desk = await self._accounts.desk()
        self._compare(desk)
        self._tell_lapsed(set(await self._lifecycle.absent()))
        await self._tell_positions(await self._lifecycle.queues(), desk)

    async def _hold(self, seated: Iterable[Seated]) -> None:
        """Renew the leases of these and of who came, and let go who went."""
        self._attendance_changed = False
        now_ms = self._now_ms()
        gone, came = self._attendance.take_left(), self._attendance.take_came()
        await self._lifecycle.hold({*seated, *came}, now_ms + LEASE_MS, self._node)
        await self._lifecycle.hold(gone, now_ms, self._node)
        await self._hold_moved()
        self._absent.update(gone)  # that was said at once
        await self._accounts.lease(self._attendance.accounts(), now_ms + LEASE_MS)
        # By now the lease can be read. Who joined on another node before that, and listened only
        # after it was said, has not been told.
        for seat in came:
            self._attendance.tell(seat, present=True)
        for seat in gone:
            if await self._is_elsewhere(seat):
                self._attendance.tell(seat, present=True)

    async def _hold_moved(self) -> None:
        """Whoever was asked to move is not gone before the next node could be there, nor is who
        answers. The lease is nobody's: the node to which they come takes it over, and ends it when
        they go."""
        until_ms = self._now_ms() + MOVING_MS
        await self._lifecycle.hold(self._attendance.take_moved(), until_ms, None)
        await self._accounts.lease(self._attendance.take_moved_consoles(), until_ms)

    async def _is_elsewhere(self, gone: Seated) -> bool:
        """Whether somebody who went from here is on another node: a reload may land there."""
        view = await self._lifecycle.view(gone[0])
        roster = () if view is None else view.roster
        return any(seat.participant == gone[1] and seat.present for seat in roster)

    def _compare(self, desk: Sequence[Availability]) -> None:
        """Tell the consoles when the availability of anybody of theirs is another."""
        now: dict[str | None, _Seen] = {}
        for one in desk:
            seen = (one.account, one.wish, one.open, one.in_talk)
            now.setdefault(one.agency, []).append(seen)
        if self._seen is not None:
            for agency in now.keys() | self._seen.keys():
                if now.get(agency) != self._seen.get(agency):
                    self._tell(agency, None, "availability")
        self._seen = now

    def _tell_lapsed(self, absent: set[Seated]) -> None:
        """Who goes is named by the node that sees it. Where that node went as well, nobody does:
        then the lease is what tells."""
        connected = set(self._attendance.seated())
        ours = {session for session, _ in connected}
        for session, participant in absent - self._absent - connected:
            if session in ours:
                body: dict[str, object] = {"participant": participant, "present": False}
                self._relay.announce(clear_event(session, "presence.changed", body))
        self._absent = absent

    async def _tell_positions(self, queues: Queues, desk: Sequence[Availability]) -> None:
        self._tell_presence(queues)
        here = {session for session, _ in self._attendance.seated()}
        near = {agency: queue for agency, queue in queues.items() if here.intersection(queue)}
        if not near:
            self._told = {}
            return
        for session in self._attendance.take_arrived():
            self._told.pop(session, None)  # whoever came anew has heard nothing
        told: dict[SessionId, tuple[int, int | None, int]] = {}
        for agency, queue in near.items():
            advisors = advisors_at([one for one in desk if sees(agency, one.agency)])
            talks_s = await self._lifecycle.talks_of(agency)
            for position, session in enumerate(queue, 1):
                if session in here:
                    expected_s = expected_wait_s(position, advisors, talks_s)
                    told[session] = (position, expected_s, advisors.free)
        for session, (position, expected_s, free) in told.items():
            if self._told.get(session) != told[session]:
                body: dict[str, object] = {
                    "position": position, "expected_s": expected_s, "free": free,
                }  # fmt: skip
                self._relay.announce(clear_event(session, "desk.position", body))
        self._told = told

    def _tell_presence(self, queues: Queues) -> None:
        """The consoles show who of the waiting is there: say when that is another."""
        waiting = {session: agency for agency, queue in queues.items() for session in queue}
        here = {seat: waiting[seat[0]] for seat in self._attendance.seated() if seat[0] in waiting}
        changed = here.items() ^ self._here.items()
        self._here = here
        for agency in {agency for _, agency in changed}:
            self._tell(agency, None, "presence")


def _stands(waiting: int, advisors: Advisors, talks_s: Sequence[int]) -> DeskState:
    expected_s = expected_wait_s(waiting + 1, advisors, talks_s)
    return DeskState(advisors.open, advisors.free, waiting, expected_s)
