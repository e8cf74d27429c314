"""Going on in another session: the advisor is gone for good, hands the prospect on, or lets them
wait once more.

A session only ever goes forward, so this one ends and another begins in the same transaction, with
the same person and the time of the first: the order of the queue needs no exception. It does not
know how an absence was noticed, only what the leases say.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, select

from sessions.accounts import Account
from sessions.agencies import sees
from sessions.clock import Clock, wall_clock_ms
from sessions.events import Envelope, Refused, Role, SessionId, State
from sessions.handovers import OFFER_MS, Handovers, Reason
from sessions.keys import Keys
from sessions.lifecycle import Also, Lifecycle, Name, Started
from sessions.log import Log
from sessions.models import SessionRow
from sessions.views import MAX_WAIT_MS, SessionView, view_of

_SETTLED_MS: Final = 3_000  # after accept every lease of who is there has been written
_MOST_OF_A_NAME: Final = 80  # characters, of an advisor's, in what the prospect is told
_May = Callable[[SessionView, int], bool]


@dataclass(frozen=True, slots=True)
class Succession:
    """The session that goes on, and what to announce: the old one's end, if it was just now."""

    started: Started
    ended: Envelope | None


@dataclass(frozen=True, slots=True)
class Handing:
    """How a talk is handed on. `to`: who is asked first, alone; None: whoever is free."""

    by: Account
    to: Account | None
    reason: Reason
    topic: str | None
    note: str


class Successions:
    def __init__(
        self,
        lifecycle: Lifecycle,
        log: Log,
        keys: Keys,
        handovers: Handovers,
        *,
        now_ms: Clock = wall_clock_ms,
    ) -> None:
        self._lifecycle = lifecycle
        self._log = log
        self._keys = keys
        self._handovers = handovers
        self._now_ms = now_ms

    async def again(self, session: SessionId) -> Succession:
        """End a talk that its advisor has vanished from, and wait before everybody else.

        Asked twice, or where it goes on already, it answers with the same session. Raises Refused:
        not.found, kind.state (an advisor is there, or it never was a talk); Shredded, Unreadable.
        """
        view = await self._view(session)
        return await self._go_on(view, view.topic, "lost", _deserted)

    async def hand_over(self, session: SessionId, handing: Handing) -> Succession:
        """End a talk as its advisor, while the prospect goes on and waits before everybody else.

        Raises Refused: not.found (no such talk, or none of theirs), handover.colleague (of another
        agency), kind.state (it is over); Shredded, Unreadable.
        """
        view = await self._view(session)
        by, to, now_ms = handing.by, handing.to, self._now_ms()
        if view.advisor_account != by.id or not sees(by.agency, view.agency):
            raise Refused("not.found")
        if to is not None and not sees(to.agency, view.agency):
            raise Refused("handover.colleague", field="to")
        until_ms = None if to is None else now_ms + OFFER_MS
        facts = {"reason": handing.reason, "at_ms": now_ms, "until_ms": until_ms}
        row = {
            "before_id": session,
            "by_account": by.id,
            "to_account": None if to is None else to.id,
        }
        told = {
            "by": by.display_name[:_MOST_OF_A_NAME],
            "to": None if to is None else to.display_name[:_MOST_OF_A_NAME],
            "noted": bool(handing.note),
        }

        async def also(later: SessionId) -> Callable[[Connection], dict[str, int]]:
            write = await self._handovers.writing(later, facts | row, handing.note)

            def job(db: Connection) -> dict[str, int]:
                write(db)
                return {}

            return job

        def is_theirs(today: SessionView, _now_ms: int) -> bool:
            return today.state is State.ACTIVE and today.advisor_account == by.id

        return await self._go_on(
            view, handing.topic, "handed", is_theirs, also=also, said={"after": facts | told}
        )

    # ---- inside

    async def _view(self, session: SessionId) -> SessionView:
        view = await self._lifecycle.view(session)
        if view is None or not any(seat.role is Role.PROSPECT for seat in view.roster):
            raise Refused("not.found")
        return view

    async def _go_on(
        self,
        view: SessionView,
        topic: str | None,
        reason: str,
        may: _May,
        *,
        also: Also | None = None,
        said: Mapping[str, Any] | None = None,
    ) -> Succession:
        session = view.session
        prospect = next(seat for seat in view.roster if seat.role is Role.PROSPECT)
        packed = await self._keys.open_name(session, prospect.participant, prospect.name_sealed)
        # Pages of the release before know the reason, and pass over what else is said.
        body = {"reason": "lost", "onward": True}
        ended = await self._keys.seal_event(session, view.epoch, "session.ended", body)
        logged: list[Envelope] = []

        async def ending(later: SessionId) -> Callable[[Connection], dict[str, int]]:
            alongside = None if also is None else await also(later)

            def job(db: Connection) -> dict[str, int]:
                now_ms = self._now_ms()
                today = view_of(db, session, now_ms)
                if today is None or not may(today, now_ms):
                    raise Refused("kind.state")
                logged[:] = [self._log.insert(db, ended, reason=reason)]
                wanted = select(SessionRow.to_count).where(SessionRow.id == session)
                return {
                    # However long the talk was: this one has its own patience.
                    "created_ms": max(today.created_ms, now_ms - MAX_WAIT_MS // 2),
                    "to_count": bool(db.scalar(wanted)),  # an objection holds on
                    **({} if alongside is None else alongside(db)),
                }

            return job

        started = await self._lifecycle.start(
            name=Name.unpacked(packed),
            topic=topic,
            language=view.language,
            request=b"again|" + session.encode(),
            edition=view.edition,
            also=ending,
            said=said or {},
            agency=view.agency,
        )
        return Succession(started, logged[0] if logged else None)


def _deserted(view: SessionView, now_ms: int) -> bool:
    """A talk with nobody on the advisor's side, says every node."""
    if view.state is not State.ACTIVE or (view.accepted_ms or now_ms) > now_ms - _SETTLED_MS:
        return False
    return not any(seat.present for seat in view.roster if seat.role is Role.ADVISOR)
