"""Disclosures: an authority asks for data of one session, and two people decide.

Whoever enters it cannot approve it; nothing is handed over before it is approved. The person is
told of what was handed over, unless a law forbids that for a time. It does not know how a package
is made. Words are sealed.
"""

import secrets
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final, Literal

import orjson
from sqlalchemy import Connection, Row, delete, insert, select, update

from sessions.age import new_passphrase
from sessions.clock import Clock, wall_clock_ms
from sessions.database import Database
from sessions.events import Refused, SessionId
from sessions.four_eyes import expect_second
from sessions.letters import oldest_kept_ms
from sessions.owed import drop_recipient, put_recipient
from sessions.protection_rows import DisclosureRow, RecipientRow
from sessions.words import Words

SORTS: Final = ("police", "prosecutor", "court", "supervisor", "tax", "other")  # of authority
CATEGORIES: Final = ("times", "names", "chat", "consents", "files", "board")
Sort = Literal["police", "prosecutor", "court", "supervisor", "tax", "other"]
DisclosureState = Literal["asked", "approved", "refused", "handed"]


@dataclass(frozen=True, slots=True)
class Disclosure:
    """One of them; `why` it was refused, perhaps "". `digest`: SHA-256 of what was handed over,
    before it was sealed for the `recipient`, a public key of age; without one for a passphrase.
    """

    id: str
    session: SessionId
    sort: Sort
    authority: str
    ground: str
    file_number: str
    categories: tuple[str, ...]
    state: DisclosureState
    asked_ms: int
    asked_by: str
    decided_ms: int | None = None
    decided_by: str | None = None
    handed_ms: int | None = None
    digest: str | None = None
    recipient: str | None = None
    untold_until: date | None = None
    why: str = ""

    def is_told(self, today: date) -> bool:
        """Whether the person hears of it: the day itself still counts as forbidden."""
        return self.untold_until is None or self.untold_until < today


class Disclosures:
    def __init__(self, database: Database, words: Words, *, now_ms: Clock = wall_clock_ms) -> None:
        self._database = database
        self._words = words
        self._now_ms = now_ms

    async def ask(
        self, session: SessionId, sort: Sort, categories: tuple[str, ...], *, authority: str,
        ground: str, file_number: str, by: str, recipient: str | None = None,
        untold_until: date | None = None,
    ) -> Disclosure:  # fmt: skip
        """Enter what an authority asks for."""
        id = secrets.token_hex(8)
        said = {"authority": authority, "ground": ground, "file_number": file_number, "why": ""}
        row: dict[str, Any] = {
            "id": id, "session_id": session, "sort": sort, "categories": " ".join(categories),
            "state": "asked", "asked_ms": self._now_ms(), "asked_by": by, "decided_ms": None,
            "decided_by": None, "handed_ms": None, "digest": None, "words": self._seal(id, said),
            "recipient": recipient, "passphrase": None,
            "untold_until": None if untold_until is None else untold_until.isoformat(),
        }  # fmt: skip

        def job(db: Connection) -> Disclosure:
            db.execute(insert(DisclosureRow), row).close()
            return self._read(_row(db, id))

        return await self._database.write(job)

    async def decide(
        self, id: str, state: Literal["approved", "refused"], *, why: str, by: str
    ) -> Disclosure:
        """By a second person. Raises LookupError; Refused: disclosure.own, disclosure.decided."""

        def job(db: Connection) -> Disclosure:
            row = _row(db, id, lock=True)
            expect_second(row.state, entered_by=row.asked_by, by=by)
            said = self._open(row) | {"why": why}
            return self._changed(db, id, {
                "state": state, "decided_ms": self._now_ms(), "decided_by": by,
                "words": self._seal(id, said),
            })  # fmt: skip

        return await self._database.write(job)

    async def taking(self, one: Disclosure) -> bool:
        """From now on the authority counts as a recipient, whatever is cut off; whether it did
        not before."""
        at_ms = self._now_ms()
        return await self._database.write(
            lambda db: put_recipient(db, one.session, "authority", one.id, at_ms)
        )

    async def not_taken(self, one: Disclosure) -> None:
        """Nothing left the house."""
        await self._database.write(
            lambda db: drop_recipient(db, one.session, "authority", one.id)
        )  # fmt: skip

    async def handed(self, id: str, digest: str) -> Disclosure:
        """It was handed over; again the same changes nothing but the digest.

        Raises LookupError, Refused("disclosure.unapproved").
        """

        def job(db: Connection) -> Disclosure:
            row = _row(db, id, lock=True)
            if row.state not in ("approved", "handed"):
                raise Refused("disclosure.unapproved")
            at_ms = row.handed_ms or self._now_ms()
            return self._changed(db, id, {"state": "handed", "handed_ms": at_ms, "digest": digest})

        return await self._database.write(job)

    async def passphrase(self, id: str) -> str:
        """What a package without a recipient's key is sealed with, the same each time.

        Raises LookupError, Refused("disclosure.unapproved").
        """

        def job(db: Connection) -> str:
            row = _row(db, id, lock=True)
            if row.state not in ("approved", "handed") or row.recipient is not None:
                raise Refused("disclosure.unapproved")
            if row.passphrase is not None:
                return self._words.open(f"passphrase {id}", row.passphrase)
            made = new_passphrase()
            self._changed(db, id, {"passphrase": self._words.seal(f"passphrase {id}", made)})
            return made

        return await self._database.write(job)

    async def of(self, session: SessionId) -> list[Disclosure]:
        """All of one session, the first one first."""
        wanted = select(DisclosureRow.__table__).where(DisclosureRow.session_id == session)
        ordered = wanted.order_by(DisclosureRow.asked_ms, DisclosureRow.id)
        rows = await self._database.read(lambda db: [*db.execute(ordered).all()])
        return [self._read(row) for row in rows]

    async def find(self, id: str) -> Disclosure | None:
        wanted = select(DisclosureRow.__table__).where(DisclosureRow.id == id)
        row = await self._database.read(lambda db: db.execute(wanted).one_or_none())
        return None if row is None else self._read(row)

    async def known(self) -> list[Disclosure]:
        """The last one first."""
        wanted = select(DisclosureRow.__table__).order_by(
            DisclosureRow.asked_ms.desc(), DisclosureRow.id
        )
        rows = await self._database.read(lambda db: [*db.execute(wanted).all()])
        return [self._read(row) for row in rows]

    async def forget(self) -> int:
        """Delete what was decided so long ago that nobody can ask about it; how many.

        A recipient is known as long as they may have to be told something.
        """
        recipients = select(RecipientRow.recipient).where(RecipientRow.kind == "authority")
        gone = delete(DisclosureRow).where(
            DisclosureRow.decided_ms < oldest_kept_ms(self._now_ms()),
            DisclosureRow.id.not_in(recipients),
        )
        return await self._database.write(lambda db: db.execute(gone).rowcount)

    # ---- inside

    def _seal(self, id: str, said: Mapping[str, str]) -> bytes:
        return self._words.seal(f"disclosure {id}", orjson.dumps(said).decode())

    def _open(self, row: Row[Any]) -> dict[str, str]:
        said: dict[str, str] = orjson.loads(self._words.open(f"disclosure {row.id}", row.words))
        return said

    def _changed(self, db: Connection, id: str, values: dict[str, Any]) -> Disclosure:
        db.execute(update(DisclosureRow).where(DisclosureRow.id == id).values(values)).close()
        return self._read(_row(db, id))

    def _read(self, row: Row[Any]) -> Disclosure:
        return Disclosure(
            id=row.id, session=SessionId(row.session_id), sort=row.sort,
            categories=tuple(row.categories.split()), state=row.state, asked_ms=row.asked_ms,
            asked_by=row.asked_by, decided_ms=row.decided_ms, decided_by=row.decided_by,
            handed_ms=row.handed_ms, digest=row.digest, recipient=row.recipient,
            untold_until=_day(row.untold_until), **self._open(row),
        )  # fmt: skip


def by_year(known: list[Disclosure]) -> dict[int, dict[str, Counter[str]]]:
    """How many by year (UTC), by what became of them, by sort of authority: a report in numbers.

    What was handed over also counts as approved.
    """
    years: dict[int, dict[str, Counter[str]]] = {}
    for one in known:
        year = datetime.fromtimestamp(one.asked_ms / 1_000, UTC).year
        report = years.setdefault(year, {})
        became = {"handed": ("approved", "handed"), "asked": ()}.get(one.state, (one.state,))
        for name in ("asked", *became):
            report.setdefault(name, Counter())[one.sort] += 1
    return years


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def _row(db: Connection, id: str, *, lock: bool = False) -> Row[Any]:
    wanted = select(DisclosureRow.__table__).where(DisclosureRow.id == id)
    row = db.execute(wanted.with_for_update() if lock else wanted).one_or_none()
    if row is None:
        raise LookupError("there is no such disclosure")
    return row
