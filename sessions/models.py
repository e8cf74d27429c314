"""The rows we keep. Times are UTC milliseconds; bytes are sealed or hashed, never content."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Connection,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Text,
    UniqueConstraint,
    false,
    inspect,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

_NAMES = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
# SQLite counts by itself in a column that is INTEGER and nothing else.
_COUNTED = BigInteger().with_variant(Integer, "sqlite")


class Row(DeclarativeBase):
    """Base of every table in the main database."""

    metadata = MetaData(naming_convention=_NAMES)


class KeyRow(DeclarativeBase):
    """Base of the key store, a database of its own with its own backups."""

    metadata = MetaData(naming_convention=_NAMES)


class SessionRow(Row):
    """One consultation."""

    __tablename__ = "sessions"
    __table_args__ = (
        Index("ix_sessions_state_created_ms", "state", "created_ms"),
        Index("ix_sessions_state_ended_ms", "state", "ended_ms"),
        Index("ix_sessions_to_count_state", "to_count", "state"),
    )

    # Its name within this database, where events say it often; nobody outside hears it.
    number: Mapped[int] = mapped_column(_COUNTED, primary_key=True)
    id: Mapped[str] = mapped_column(String(32), unique=True)
    state: Mapped[str] = mapped_column(String(8))
    last_seq: Mapped[int] = mapped_column(BigInteger, default=0)
    epoch: Mapped[int] = mapped_column(Integer, default=1)
    topic: Mapped[str | None] = mapped_column(String(40))
    agency: Mapped[str | None] = mapped_column(String(40))  # whom they came to; None: the house
    language: Mapped[str] = mapped_column(String(2))
    created_ms: Mapped[int] = mapped_column(BigInteger)
    accepted_ms: Mapped[int | None] = mapped_column(BigInteger)
    ended_ms: Mapped[int | None] = mapped_column(BigInteger)
    end_reason: Mapped[str | None] = mapped_column(
        String(20)
    )  # hung_up, abandoned, expired, lost, handed, barred
    advisor_account: Mapped[str | None] = mapped_column(String(32))
    request_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)  # idempotency
    edition: Mapped[str | None] = mapped_column(String(64))  # of the notices that it began with
    # False once it is counted, and from the start where somebody objected: nobody can tell which.
    to_count: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())


class EventRow(Row):
    """One logged event, sealed."""

    __tablename__ = "events"
    __table_args__ = (UniqueConstraint("session_number", "event_id"),)

    session_number: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("sessions.number"), primary_key=True, autoincrement=False
    )
    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    event_id: Mapped[str] = mapped_column(String(32))
    sender: Mapped[str] = mapped_column(String(32))
    kind: Mapped[int] = mapped_column(Integer)  # Kind.code
    epoch: Mapped[int] = mapped_column(Integer)
    at_ms: Mapped[int] = mapped_column(BigInteger)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)


class SeatRow(Row):
    """The right of one participant to be in one session."""

    __tablename__ = "seats"

    session_id: Mapped[str] = mapped_column(ForeignKey("sessions.id"), primary_key=True)
    participant: Mapped[str] = mapped_column(String(16), primary_key=True)
    role: Mapped[str] = mapped_column(String(10))
    account_id: Mapped[str | None] = mapped_column(String(32))
    token_hash: Mapped[bytes | None] = mapped_column(LargeBinary(32), unique=True)
    name_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    taken_ms: Mapped[int] = mapped_column(BigInteger)
    lease_until_ms: Mapped[int] = mapped_column(BigInteger)  # connected somewhere until then
    node: Mapped[str | None] = mapped_column(String(40))
    released_ms: Mapped[int | None] = mapped_column(BigInteger)  # set: the seat is gone for good
    # What is in the log up to there is nothing that this seat ever hears.
    since_seq: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    guest: Mapped[str | None] = mapped_column(String(12))  # what for: guest, interpreter


class FileRow(Row):
    """One sealed file, whole or on its way. Its name and type are in its session's log, sealed."""

    __tablename__ = "files"
    __table_args__ = (
        Index("ix_files_session_id", "session_id"),
        Index("ix_files_state_verdict", "state", "verdict"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    session_id: Mapped[str] = mapped_column(ForeignKey("sessions.id"))
    participant: Mapped[str] = mapped_column(String(16))  # who began it
    epoch: Mapped[int] = mapped_column(Integer)  # of the content key that it is sealed under
    size: Mapped[int] = mapped_column(BigInteger)  # sealed bytes
    stored: Mapped[int] = mapped_column(BigInteger)  # of them, in whole parts
    state: Mapped[str] = mapped_column(String(8))  # partial, whole, removed
    verdict: Mapped[str | None] = mapped_column(String(10))  # None: nobody scans
    created_ms: Mapped[int] = mapped_column(BigInteger)
    expires_ms: Mapped[int | None] = mapped_column(BigInteger)  # of what is not whole
    holder: Mapped[str | None] = mapped_column(String(16))  # who writes, or scans, just now
    held_until_ms: Mapped[int] = mapped_column(BigInteger)  # unless renewed


class HandoverRow(Row):
    """Where a session goes on from, and whom it is kept for until when. The note is sealed."""

    __tablename__ = "handovers"
    __table_args__ = (Index("ix_handovers_before_id", "before_id"),)

    session_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    before_id: Mapped[str | None] = mapped_column(String(32))  # None: erased since
    at_ms: Mapped[int] = mapped_column(BigInteger)
    reason: Mapped[str] = mapped_column(String(12))  # handed, clarify, documents, interrupted
    by_account: Mapped[str] = mapped_column(String(32))
    to_account: Mapped[str | None] = mapped_column(String(32))  # None: whoever is free
    until_ms: Mapped[int | None] = mapped_column(BigInteger)  # then it is for all
    note: Mapped[bytes | None] = mapped_column(LargeBinary)


class AccountRow(Row):
    """Someone who signs in across sessions."""

    __tablename__ = "accounts"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    username: Mapped[str] = mapped_column(String(80), unique=True)
    display_name: Mapped[str] = mapped_column(String(120))
    title: Mapped[str] = mapped_column(String(120), default="")  # shown under the name in a talk
    role: Mapped[str] = mapped_column(String(10))  # one that signs in: sessions.accounts
    agency: Mapped[str | None] = mapped_column(String(40))  # of an advisor; None: of the house
    password_hash: Mapped[str] = mapped_column(String(200))
    # Set: the password is good until then, and for setting another one.
    password_until_ms: Mapped[int | None] = mapped_column(BigInteger)
    disabled_ms: Mapped[int | None] = mapped_column(BigInteger)
    created_ms: Mapped[int] = mapped_column(BigInteger)


class SignInRow(Row):
    """One signed-in browser. The cookie's value is kept only as its SHA-256."""

    __tablename__ = "sign_ins"

    id_hash: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"))
    created_ms: Mapped[int] = mapped_column(BigInteger)
    seen_ms: Mapped[int] = mapped_column(BigInteger)
    expires_ms: Mapped[int] = mapped_column(BigInteger)


class AvailabilityRow(Row):
    """What an advisor wants to be at the desk, and until when a console of theirs is known open."""

    __tablename__ = "availability"

    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    wish: Mapped[str] = mapped_column(String(8))  # free, busy, away
    since_ms: Mapped[int] = mapped_column(BigInteger)
    lease_until_ms: Mapped[int] = mapped_column(BigInteger)


class AuditRow(Row):
    """One link of the audit chain: ids and purposes, never content."""

    __tablename__ = "audit"

    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    at_ms: Mapped[int] = mapped_column(BigInteger)
    actor: Mapped[str] = mapped_column(String(40))
    action: Mapped[str] = mapped_column(String(40))
    subject: Mapped[str] = mapped_column(String(80))
    hash: Mapped[bytes] = mapped_column(LargeBinary(32))  # over all this and the one before


class ReceiptRow(Row):
    """What a prospect claims a session with. Of the code only a hash is kept."""

    __tablename__ = "receipts"

    number: Mapped[str] = mapped_column(String(12), primary_key=True)
    code_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    session_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    session_id: Mapped[str | None] = mapped_column(String(32))  # None: the session was erased
    created_ms: Mapped[int] = mapped_column(BigInteger)


class TombstoneRow(Row):
    """A session that was erased for good: times and counts, and the SHA-256 of its id."""

    __tablename__ = "tombstones"

    session_hash: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    facts: Mapped[str] = mapped_column(String(1000))  # JSON; see `tombstones.py`


class HoldRow(Row):
    """A session that may not be erased (hold), or not be used by the house (restriction)."""

    __tablename__ = "holds"

    session_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    kind: Mapped[str] = mapped_column(String(11), primary_key=True)  # hold, restriction
    reason: Mapped[str] = mapped_column(String(40))
    set_by: Mapped[str] = mapped_column(String(40))
    set_ms: Mapped[int] = mapped_column(BigInteger)
    review_ms: Mapped[int] = mapped_column(BigInteger)


class RequestRow(Row):
    """What a person asks of the house about a session, and what became of it."""

    __tablename__ = "request"
    __table_args__ = (
        Index("ix_request_session_id", "session_id"),
        Index("ix_request_state_due_ms", "state", "due_ms"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    session_id: Mapped[str] = mapped_column(String(32))
    kind: Mapped[str] = mapped_column(String(20))
    purpose: Mapped[str] = mapped_column(String(20))
    made_ms: Mapped[int] = mapped_column(BigInteger)
    due_ms: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[str] = mapped_column(String(10))  # open, granted, refused, withdrawn
    decided_ms: Mapped[int | None] = mapped_column(BigInteger)
    decided_by: Mapped[str | None] = mapped_column(String(40))
    extended_ms: Mapped[int | None] = mapped_column(BigInteger)
    reason: Mapped[bytes | None] = mapped_column(LargeBinary)  # sealed: in the person's words
    answer: Mapped[bytes | None] = mapped_column(LargeBinary)  # sealed: in those of the house
    extension: Mapped[bytes | None] = mapped_column(LargeBinary)  # sealed: why it takes longer


class CorrectionRow(Row):
    """Something a person set right: which field, what was there, what is there now, sealed."""

    __tablename__ = "corrections"

    session_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    at_ms: Mapped[int] = mapped_column(BigInteger)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)


class NoticeTextRow(Row):
    """The exact words of a notice, kept once under the SHA-256 of themselves."""

    __tablename__ = "notice_texts"

    version: Mapped[str] = mapped_column(String(64), primary_key=True)  # hexadecimal
    text: Mapped[str] = mapped_column(Text)


class NoticeTermRow(Row):
    """Since when a version is in force; what held before is the turn before."""

    __tablename__ = "notice_terms"

    name: Mapped[str] = mapped_column(String(20), primary_key=True)
    language: Mapped[str] = mapped_column(String(2), primary_key=True)
    turn: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    version: Mapped[str] = mapped_column(ForeignKey("notice_texts.version"))
    from_ms: Mapped[int] = mapped_column(BigInteger)


class CounterRow(Row):
    """How often something was, and nothing else: see `counted.py`. No row is about one person."""

    __tablename__ = "statistics"

    day: Mapped[str] = mapped_column(String(10), primary_key=True)  # the first of its stretch
    metric: Mapped[str] = mapped_column(String(10), primary_key=True)
    cell: Mapped[str] = mapped_column(String(10), primary_key=True)
    times: Mapped[int] = mapped_column(BigInteger)


class NoisedRow(Row):
    """What was told of a counter outside of the house; asked again, the same is told."""

    __tablename__ = "statistics_noised"

    day: Mapped[str] = mapped_column(String(10), primary_key=True)
    metric: Mapped[str] = mapped_column(String(10), primary_key=True)
    cell: Mapped[str] = mapped_column(String(10), primary_key=True)
    times: Mapped[int] = mapped_column(BigInteger)


class FactRow(Row):
    """Single facts about this database, such as its log_epoch."""

    __tablename__ = "facts"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    value: Mapped[str] = mapped_column(String(200))


class KeyStoreRow(KeyRow):
    """A session's key, wrapped. Deleting the row shreds the session."""

    __tablename__ = "key_store"

    session_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    master_version: Mapped[int] = mapped_column(Integer)
    wrapped: Mapped[bytes] = mapped_column(LargeBinary(40))
    created_ms: Mapped[int] = mapped_column(BigInteger)


class KeyTombstoneRow(KeyRow):
    """The same beside the keys, so that either database can tell the other after a restore."""

    __tablename__ = "key_tombstones"

    session_hash: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    facts: Mapped[str] = mapped_column(String(1000))


class HouseKeyRow(KeyRow):
    """A key of the house that is no session's, wrapped; see `house_keys.py`."""

    __tablename__ = "house_keys"

    name: Mapped[str] = mapped_column(String(20), primary_key=True)
    master_version: Mapped[int] = mapped_column(Integer)
    wrapped: Mapped[bytes] = mapped_column(LargeBinary(40))
    created_ms: Mapped[int] = mapped_column(BigInteger)


def expect_tables(db: Connection, rows: type[DeclarativeBase], name: str) -> None:
    """Raises LookupError if a table of `rows` is missing from the database of this name."""
    missing = set(rows.metadata.tables) - set(inspect(db).get_table_names())
    if missing:
        raise LookupError(f"migrate {name} first; it lacks {', '.join(sorted(missing))}")
