"""The exit: the one gate that anything of a person passes on its way out of the house.

Whoever sends it needs a leave, and gets one only on a way of the table, with what shows the ground
of this time. Without it: refused, counted, written to the log and to the audit chain. It does not
know what is sent, nor how.
"""

import logging
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, Connection, and_, literal, or_, select, text

from sessions.audit import Audit, Written
from sessions.clock import Clock, wall_clock_ms
from sessions.database import Database
from sessions.events import Refused, SessionId
from sessions.models import AccountRow, FactRow, FileRow, ReceiptRow, SeatRow, SessionRow
from sessions.protection_rows import (
    BreachRow,
    DisclosureRow,
    LetterRow,
    NotificationRow,
    ProviderExportRow,
)
from sessions.ways import SHELL, Evidence, Way

REFUSED: Final = "exit refused"  # in the audit chain
_AGREED: Final = ("approved", "handed")
LATELY_MS: Final = 30 * 86_400_000
_MOST: Final = 50
REFUSED_AT: Final = "exit_refused_ms"  # when it was for the last time, so that every node knows
_NOTE: Final = text("""
INSERT INTO facts (name, value) VALUES (:name, :value)
ON CONFLICT (name) DO UPDATE SET value = excluded.value""")
_KEY: Final = re.compile(r"[0-9a-f]{16}")
_MAX_REASON: Final = 40
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Leave:
    """What the exit let out: on which way, of which session, for whom and on which ground.

    Only the exit makes one. Who sends something takes one, and so cannot forget to ask.
    """

    way: Way
    actor: str
    ground: str
    of: SessionId | None

    @property
    def session(self) -> SessionId:
        """Of which session; only on ways that lead out of one."""
        assert self.of is not None
        return self.of

    @property
    def reason(self) -> str:
        """The ground as the audit chain names it."""
        return f"letter {self.ground}" if self.way.evidence == "letter" else self.ground

    @property
    def of_file(self) -> str:
        """What the chain says of a file that is opened."""
        opening = self.way.opening
        return f"{opening} {self.ground}" if self.way.numbered else opening

    def expect(self, *ways: Way) -> None:
        """Raises ValueError for a leave that is good for another way: somebody mixed them up."""
        if self.way not in ways:
            raise ValueError(f"a leave for {self.way.code}")


class Exit:
    def __init__(self, database: Database, audit: Audit, *, now_ms: Clock = wall_clock_ms) -> None:
        self._database = database
        self._audit = audit
        self._now_ms = now_ms
        self.refused: Counter[str] = Counter()  # by way, since this process began

    async def leave(
        self, way: Way, *, actor: str, ground: str, of: SessionId | None = None, about: str = ""
    ) -> Leave:
        """Let something out; entered in the chain, here or by the door when it opens it.

        `about`: what the chain says instead of session and ground. Raises LookupError if there is
        no such session, and Refused (disclosure.unapproved, exit.refused) without a ground.
        """
        leave = Leave(way, actor, ground, of)
        if not await self._database.read(lambda db: _shown(db, leave)):
            await self._alert(leave)
            agreed = way.evidence in ("disclosure", "export")
            raise Refused("disclosure.unapproved" if agreed else "exit.refused")
        if way.entered:
            said = about or " ".join(filter(None, (of, leave.reason)))
            await self._audit.record(actor, way.entered, said)
        return leave

    async def refused_lately(self) -> bool:
        """Whether something was not let out within the last thirty days, on whichever node."""
        wanted = select(FactRow.value).where(FactRow.name == REFUSED_AT)
        at_ms = await self._database.read(lambda db: db.scalar(wanted))
        return at_ms is not None and int(at_ms) >= self._now_ms() - LATELY_MS

    async def refusals(self) -> list[Written]:
        """Those of the last thirty days, the newest first."""
        since_ms = self._now_ms() - LATELY_MS
        return await self._audit.of_action(REFUSED, since_ms=since_ms, most=_MOST)

    async def _alert(self, leave: Leave) -> None:
        """The way is named before the session: what was not let out is none of its openings."""
        self.refused[leave.way.code] += 1
        _log.error("something was not let out: no ground was shown (%s)", leave.way.code)
        await self._audit.record(leave.actor, REFUSED, f"{leave.way.code} {leave.of or '-'}")
        row = {"name": REFUSED_AT, "value": str(self._now_ms())}
        await self._database.write(lambda db: db.execute(_NOTE, row).close())


def _shown(db: Connection, leave: Leave) -> bool:
    """Whether the ground is there. Raises LookupError."""
    if leave.of is not None:
        there = select(SessionRow.number).where(SessionRow.id == leave.of)
        if db.scalar(there) is None:
            raise LookupError("there is no such session")
    if not leave.ground:
        return False
    proof = _PROOFS[leave.way.evidence](leave)
    if isinstance(proof, bool):
        return proof
    return db.scalar(select(literal(1)).where(proof)) == 1


def _receipt(leave: Leave) -> ColumnElement[bool]:
    return _any(ReceiptRow.number == leave.ground, ReceiptRow.session_id == leave.of)


def _letter(leave: Leave) -> ColumnElement[bool]:
    """Somebody made sure who asks, and it is about this session, where it names one."""
    named = select(ReceiptRow.session_id).where(ReceiptRow.number == LetterRow.number)
    return _any(
        LetterRow.id == leave.ground, LetterRow.state == "open", LetterRow.checked_ms.is_not(None),
        or_(LetterRow.number.is_(None), named.scalar_subquery() == leave.of),
    )  # fmt: skip


def _disclosure(leave: Leave) -> ColumnElement[bool]:
    return _any(
        DisclosureRow.id == leave.ground, DisclosureRow.session_id == leave.of,
        DisclosureRow.state.in_(_AGREED),
    )  # fmt: skip


def _export(leave: Leave) -> ColumnElement[bool]:
    return _any(ProviderExportRow.id == leave.ground, ProviderExportRow.state.in_(_AGREED))


def _role(leave: Leave) -> ColumnElement[bool] | bool:
    """By the account that asks, as it is now; the command line has its own door."""
    if leave.actor.startswith(f"{SHELL}:"):
        return SHELL in leave.way.roles
    if not leave.actor.endswith(leave.ground):
        return False
    return _any(
        AccountRow.id == leave.ground, AccountRow.role.in_(leave.way.roles),
        AccountRow.disabled_ms.is_(None),
    )  # fmt: skip


def _seat(leave: Leave) -> ColumnElement[bool]:
    return _any(
        SeatRow.session_id == leave.of, SeatRow.participant == leave.ground,
        SeatRow.released_ms.is_(None),
    )  # fmt: skip


def _any(*holds: ColumnElement[bool]) -> ColumnElement[bool]:
    return select(literal(1)).where(and_(*holds)).exists()


_PROOFS: Final[dict[Evidence, Callable[[Leave], ColumnElement[bool] | bool]]] = {
    "receipt": _receipt,
    "letter": _letter,
    "disclosure": _disclosure,
    "export": _export,
    "notification": lambda leave: _any(NotificationRow.id == leave.ground),
    "breach": lambda leave: _any(BreachRow.id == leave.ground),
    "key": lambda leave: _KEY.fullmatch(leave.ground) is not None,
    "reason": lambda leave: len(leave.ground) <= _MAX_REASON and bool(leave.ground.strip()),
    "role": _role,
    "seat": _seat,
    "file": lambda leave: _any(FileRow.id == leave.ground, FileRow.session_id == leave.of),
}
