"""The rows of the protection desk: what officers write down. Their words are sealed, days are ISO.

It belongs to `models.py` and is apart only because of its size.
"""

from sqlalchemy import BigInteger, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from sessions.models import Row


class LetterRow(Row):
    """A request that came by letter or telephone; of whom, nobody writes down."""

    __tablename__ = "letters"

    id: Mapped[str] = mapped_column(String(16), primary_key=True)
    way: Mapped[str] = mapped_column(String(8))  # letter, phone, mail, person
    kind: Mapped[str] = mapped_column(String(12))
    number: Mapped[str | None] = mapped_column(String(12))  # of a receipt, if they had one
    received_on: Mapped[str] = mapped_column(String(10))
    due_on: Mapped[str] = mapped_column(String(10))
    extended_ms: Mapped[int | None] = mapped_column(BigInteger)
    state: Mapped[str] = mapped_column(String(8))  # open, done, refused
    entered_ms: Mapped[int] = mapped_column(BigInteger)
    entered_by: Mapped[str] = mapped_column(String(40))
    decided_ms: Mapped[int | None] = mapped_column(BigInteger)
    decided_by: Mapped[str | None] = mapped_column(String(40))
    extension: Mapped[bytes | None] = mapped_column(LargeBinary)  # sealed: why it takes longer
    answer: Mapped[bytes | None] = mapped_column(LargeBinary)  # sealed: why not, or what was done
    checked: Mapped[str | None] = mapped_column(String(10))  # how: a method, never a document
    checked_ms: Mapped[int | None] = mapped_column(BigInteger)
    checked_by: Mapped[str | None] = mapped_column(String(40))


class BreachRow(Row):
    """A breach of data protection: when it was noticed, and what Art. 33(3) GDPR wants to know."""

    __tablename__ = "breaches"

    id: Mapped[str] = mapped_column(String(16), primary_key=True)
    noticed_ms: Mapped[int] = mapped_column(BigInteger)
    entered_ms: Mapped[int] = mapped_column(BigInteger)
    entered_by: Mapped[str] = mapped_column(String(40))
    changed_ms: Mapped[int] = mapped_column(BigInteger)
    natures: Mapped[str] = mapped_column(String(60))  # by spaces
    classes: Mapped[str] = mapped_column(String(120))  # of data, by spaces
    people: Mapped[int | None] = mapped_column(BigInteger)  # about how many; None: not known yet
    records: Mapped[int | None] = mapped_column(BigInteger)
    risk: Mapped[str] = mapped_column(String(8))  # unknown, none, some, high
    state: Mapped[str] = mapped_column(String(10))  # open, reported, unreported
    closed_ms: Mapped[int | None] = mapped_column(BigInteger)
    closed_by: Mapped[str | None] = mapped_column(String(40))
    words: Mapped[bytes] = mapped_column(LargeBinary)  # sealed: what happened, what follows, ...


class DisclosureRow(Row):
    """An authority asks for data of a session: who entered it, who agreed, what was handed over."""

    __tablename__ = "disclosures"

    id: Mapped[str] = mapped_column(String(16), primary_key=True)
    session_id: Mapped[str] = mapped_column(String(32))
    sort: Mapped[str] = mapped_column(String(12))  # of authority
    categories: Mapped[str] = mapped_column(String(60))  # by spaces
    state: Mapped[str] = mapped_column(String(10))  # asked, approved, refused, handed
    asked_ms: Mapped[int] = mapped_column(BigInteger)
    asked_by: Mapped[str] = mapped_column(String(40))
    decided_ms: Mapped[int | None] = mapped_column(BigInteger)
    decided_by: Mapped[str | None] = mapped_column(String(40))
    handed_ms: Mapped[int | None] = mapped_column(BigInteger)
    digest: Mapped[str | None] = mapped_column(String(64))  # SHA-256 of what was handed over
    words: Mapped[bytes] = mapped_column(LargeBinary)  # sealed: authority, ground, file number
    recipient: Mapped[str | None] = mapped_column(String(62))  # whose key it is sealed for
    passphrase: Mapped[bytes | None] = mapped_column(LargeBinary)  # sealed; where there is no key
    untold_until: Mapped[str | None] = mapped_column(String(10))  # the person may not be told


class SuppressedRow(Row):
    """A contact that no advertising may reach, and the objection that says so: keyed hashes."""

    __tablename__ = "suppressed"

    contact_hash: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    objection_hash: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    since: Mapped[str] = mapped_column(String(10))  # a day


class ProviderExportRow(Row):
    """Numbers for the technical provider: who prepared, who released, who took them."""

    __tablename__ = "provider_exports"

    id: Mapped[str] = mapped_column(String(16), primary_key=True)
    first: Mapped[str] = mapped_column(String(10))
    last: Mapped[str] = mapped_column(String(10))
    state: Mapped[str] = mapped_column(String(10))  # asked, approved, refused, handed
    asked_ms: Mapped[int] = mapped_column(BigInteger)
    asked_by: Mapped[str] = mapped_column(String(40))
    decided_ms: Mapped[int | None] = mapped_column(BigInteger)
    decided_by: Mapped[str | None] = mapped_column(String(40))
    handed_ms: Mapped[int | None] = mapped_column(BigInteger)
    handed_by: Mapped[str | None] = mapped_column(String(40))
    document: Mapped[str] = mapped_column(Text)  # JSON: counters with noise, about nobody
    digest: Mapped[str] = mapped_column(String(64))  # SHA-256 of it
    words: Mapped[bytes] = mapped_column(LargeBinary)  # sealed: what for, and why not


class RecipientRow(Row):
    """Who outside of the house has something of a session, erased or not: an authority by a
    disclosure, another house by a transfer."""

    __tablename__ = "recipients"

    session_hash: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    kind: Mapped[str] = mapped_column(String(10), primary_key=True)  # authority, house
    recipient: Mapped[str] = mapped_column(String(16), primary_key=True)
    received_ms: Mapped[int] = mapped_column(BigInteger)


class NotificationRow(Row):
    """That one of them has to hear what became of the session, and whether they did."""

    __tablename__ = "notifications"
    __table_args__ = (Index("ix_notifications_session_hash", "session_hash"),)

    id: Mapped[str] = mapped_column(String(16), primary_key=True)
    session_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    kind: Mapped[str] = mapped_column(String(10))
    recipient: Mapped[str] = mapped_column(String(16))
    fact: Mapped[str] = mapped_column(String(10))  # erased, corrected, restricted, lifted
    since_ms: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[str] = mapped_column(String(10))  # open, told, untold, overtaken
    how: Mapped[str | None] = mapped_column(String(16))  # a way, or the ground why not
    settled_ms: Mapped[int | None] = mapped_column(BigInteger)
    settled_by: Mapped[str | None] = mapped_column(String(40))
    why: Mapped[bytes | None] = mapped_column(LargeBinary)  # sealed: the officer's words
