"""What recipients of a session are owed: to hear when it is erased, corrected or restricted.

Article 19 GDPR. Written down in the transaction that changes the session, so that no crash comes
between the two. It does not know who tells them, nor how.
"""

import secrets
from typing import Any, Final, Literal

from sqlalchemy import ColumnElement, Connection, delete, insert, select, update

from sessions.events import SessionId
from sessions.protection_rows import NotificationRow, RecipientRow
from sessions.receipts import hash_of

RecipientKind = Literal["authority", "house"]
Fact = Literal["erased", "corrected", "restricted"]
OPEN: Final = "open"
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
    found = select(RecipientRow.__table__).where(RecipientRow.session_hash == hash_of(session))
    for one in db.execute(found).all():
        same: dict[str, Any] = {
            "session_hash": one.session_hash, "kind": one.kind, "recipient": one.recipient,
            "fact": fact,
        }  # fmt: skip
        known = select(NotificationRow.id).filter_by(**same)
        if fact != "erased":
            known = known.where(NotificationRow.state == OPEN)
        if db.scalar(known.limit(1)) is None:
            row = same | {
                "id": secrets.token_hex(8), "since_ms": at_ms, "state": OPEN, "how": None,
                "settled_ms": None, "settled_by": None, "why": None,
            }  # fmt: skip
            db.execute(insert(NotificationRow), row).close()
    if fact == "erased":
        overtake(db, session, "corrected", at_ms)
        overtake(db, session, "restricted", at_ms)


def overtake(db: Connection, session: SessionId, fact: Fact, at_ms: int) -> None:
    """It is not so any more before anybody was told: nobody need be."""
    waiting = (
        NotificationRow.session_hash == hash_of(session),
        NotificationRow.fact == fact,
        NotificationRow.state == OPEN,
    )
    over = update(NotificationRow).where(*waiting).values(state=OVERTAKEN, settled_ms=at_ms)
    db.execute(over).close()


def _of(session: SessionId, kind: RecipientKind, recipient: str) -> ColumnElement[bool]:
    return (
        (RecipientRow.session_hash == hash_of(session))
        & (RecipientRow.kind == kind)
        & (RecipientRow.recipient == recipient)
    )
