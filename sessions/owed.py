"""What recipients of a session are owed: to hear when it is erased, corrected, restricted or freed.

Article 19 GDPR. Written down in the transaction that changes the session, so that no crash comes
between the two. It does not know who tells them, nor how.
"""

import secrets
from typing import Any, Final, Literal

from sqlalchemy import ColumnElement, Connection, Row, and_, delete, insert, select, update

from sessions.events import SessionId
from sessions.protection_rows import NotificationRow, RecipientRow
from sessions.receipts import hash_of

RecipientKind = Literal["authority", "house"]
Fact = Literal["erased", "corrected", "restricted", "lifted"]  # lifted: restricted no longer
OPEN: Final = "open"
TOLD: Final = "told"
OVERTAKEN: Final = "overtaken"


def put_recipient(
    db: Connection, session: SessionId, kind: RecipientKind, recipient: str, at_ms: int
) -> bool:
    """From now on they have something of it; whether they did not before.

    `recipient`: the id of a disclosure, or the short form of the other house's key.
    """
    known = select(RecipientRow.received_ms).where(_of(session, kind, recipient))
    if db.scalar(known) is not None:
        return False
    row = {
        "session_hash": hash_of(session), "kind": kind, "recipient": recipient,
        "received_ms": at_ms,
    }  # fmt: skip
    db.execute(insert(RecipientRow), row).close()
    return True


def drop_recipient(
    db: Connection, session: SessionId, kind: RecipientKind, recipient: str
) -> None:  # fmt: skip
    """They got nothing after all."""
    db.execute(delete(RecipientRow).where(_of(session, kind, recipient))).close()


def owe(db: Connection, session: SessionId, fact: Fact, at_ms: int) -> None:
    """Every recipient of it has to hear that. What waits to be told already is not owed twice;
    that it was erased is owed once for good, and whatever else waited is not told any more.
    """
    for one in _recipients(db, session):
        _owe(db, one, fact, at_ms)
    if fact == "erased":
        of_it = NotificationRow.session_hash == hash_of(session)
        _overtake(db, of_it & (NotificationRow.fact != fact), at_ms)


def owe_restriction(db: Connection, session: SessionId, *, restricted: bool, at_ms: int) -> None:
    """It is restricted now, or no longer. Who was not told of the one yet need not hear of the
    other; that it was lifted hears who was told that it is restricted."""
    said: Fact = "restricted" if restricted else "lifted"
    unsaid: Fact = "lifted" if restricted else "restricted"
    for one in _recipients(db, session):
        if _overtake(db, _about(one, unsaid), at_ms):
            continue
        if restricted or _believed_restricted(db, one):
            _owe(db, one, said, at_ms)


def _owe(db: Connection, to: Row[Any], fact: Fact, at_ms: int) -> None:
    known = select(NotificationRow.id).where(_about(to, fact))
    if fact != "erased":
        known = known.where(NotificationRow.state == OPEN)
    if db.scalar(known.limit(1)) is None:
        row = {
            "session_hash": to.session_hash, "kind": to.kind, "recipient": to.recipient,
            "fact": fact, "id": secrets.token_hex(8), "since_ms": at_ms, "state": OPEN,
            "how": None, "settled_ms": None, "settled_by": None, "why": None,
        }  # fmt: skip
        db.execute(insert(NotificationRow), row).close()


def _overtake(db: Connection, which: ColumnElement[bool], at_ms: int) -> bool:
    """It is not so any more before they were told: they need not be. Whether that was so."""
    waiting = update(NotificationRow).where(which, NotificationRow.state == OPEN)
    over = waiting.values(state=OVERTAKEN, settled_ms=at_ms)
    return db.execute(over).rowcount > 0


def _believed_restricted(db: Connection, by: Row[Any]) -> bool:
    told = (_about(by, "restricted", "lifted"), NotificationRow.state == TOLD)
    last = select(NotificationRow.fact).where(*told).order_by(NotificationRow.settled_ms.desc())
    return db.scalar(last.limit(1)) == "restricted"


def _recipients(db: Connection, session: SessionId) -> list[Row[Any]]:
    found = select(RecipientRow.__table__).where(RecipientRow.session_hash == hash_of(session))
    return list(db.execute(found).all())


def _about(to: Row[Any], *facts: Fact) -> ColumnElement[bool]:
    return and_(
        NotificationRow.session_hash == to.session_hash,
        NotificationRow.kind == to.kind,
        NotificationRow.recipient == to.recipient,
        NotificationRow.fact.in_(facts),
    )


def _of(session: SessionId, kind: RecipientKind, recipient: str) -> ColumnElement[bool]:
    return (
        (RecipientRow.session_hash == hash_of(session))
        & (RecipientRow.kind == kind)
        & (RecipientRow.recipient == recipient)
    )
