"""Starting again at the front: what becomes of a prospect whose advisor is gone for good.

A session only ever goes forward, so this one ends and another begins in the same transaction, with
the same person and the time of the first: the order of the queue needs no exception. It does not
know how the absence was noticed, only what the leases say.
"""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, select

from sessions.clock import Clock, wall_clock_ms
from sessions.events import Envelope, Refused, Role, SessionId, State
from sessions.keys import Keys
from sessions.lifecycle import Lifecycle, Name, Started
from sessions.log import Log
from sessions.models import SessionRow
from sessions.views import MAX_WAIT_MS, SessionView, view_of

_SETTLED_MS: Final = 3_000  # after accept every lease of who is there has been written


@dataclass(frozen=True, slots=True)
class Succession:
    """The session that goes on, and what to announce: the old one's end, if it was just now."""

    started: Started
    ended: Envelope | None


class Successions:
    def __init__(
        self, lifecycle: Lifecycle, log: Log, keys: Keys, *, now_ms: Clock = wall_clock_ms
    ) -> None:
        self._lifecycle = lifecycle
        self._log = log
        self._keys = keys
        self._now_ms = now_ms

    async def again(self, session: SessionId) -> Succession:
        """End a talk that its advisor has vanished from, and wait before everybody else.

        Asked twice, it answers with the same session. Raises Refused: not.found, kind.state (an
        advisor is there, or it never was a talk); Shredded, Unreadable.
        """
        view = await self._lifecycle.view(session)
        prospect = next((s for s in view.roster if s.role is Role.PROSPECT), None) if view else None
        if view is None or prospect is None:
            raise Refused("not.found")
        packed = await self._keys.open_name(session, prospect.participant, prospect.name_sealed)
        ended = await self._keys.seal_event(
            session, view.epoch, "session.ended", {"reason": "lost"}
        )
        logged: list[Envelope] = []

        def end_it(db: Connection) -> dict[str, int]:
            now_ms = self._now_ms()
            today = view_of(db, session, now_ms)
            if today is None or not _deserted(today, now_ms):
                raise Refused("kind.state")
            logged[:] = [self._log.insert(db, ended, reason="lost")]
            wanted = select(SessionRow.to_count).where(SessionRow.id == session)
            return {
                # However long the talk was: this one has its own patience.
                "created_ms": max(today.created_ms, now_ms - MAX_WAIT_MS // 2),
                "to_count": bool(db.scalar(wanted)),  # an objection holds on
            }

        started = await self._lifecycle.start(
            name=Name.unpacked(packed),
            topic=view.topic,
            language=view.language,
            request=b"again|" + session.encode(),
            edition=view.edition,
            also=end_it,
        )
        return Succession(started, logged[0] if logged else None)


def _deserted(view: SessionView, now_ms: int) -> bool:
    """A talk with nobody on the advisor's side, says every node."""
    if view.state is not State.ACTIVE or (view.accepted_ms or now_ms) > now_ms - _SETTLED_MS:
        return False
    return not any(seat.present for seat in view.roster if seat.role is Role.ADVISOR)
