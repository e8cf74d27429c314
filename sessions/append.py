"""The hot path: which of a batch of events are logged, numbered without gaps, and what moves on.

It decides from what the tables say at that moment; the statements of each database are in
`append_sqlite.py` and `append_postgres.py`. It knows nothing of threads, keys or who is listening.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple, Protocol

from sessions.events import (
    KINDS,
    Envelope,
    Epoch,
    EventId,
    Kind,
    Lane,
    Refused,
    SenderId,
    Seq,
    SessionId,
    State,
    participant_of,
)

# Looked up once: a member looked up in its class costs five times as much as a constant.
_LOGGED, _ACTIVE, _ENDED = Lane.LOGGED, State.ACTIVE, State.ENDED
KIND_OF_CODE: Final = {kind.code: kind for kind in KINDS.values()}


class Entry(NamedTuple):
    """An event to be logged; `account` who accepts, `reason` why it ends."""

    envelope: Envelope
    account: str | None = None
    reason: str | None = None


@dataclass(slots=True)
class Place:
    """Where a session stands while the batch is carried out."""

    number: int
    session: SessionId
    state: State
    last_seq: int
    epoch: int
    released: set[str]
    fresh: dict[EventId, Envelope] = field(default_factory=dict)


Places = dict[str, Place]
Stored = dict[tuple[str, str], Envelope]  # by session and id


class Tables(Protocol):
    """The statements for a batch, in a transaction that the caller holds.

    From `look` on, nobody else changes these sessions until the transaction ends.
    """

    def look(self, wanted: Sequence[Envelope]) -> tuple[Places, Stored]:
        """Where their sessions stand, and those of them that are in the log already.

        Ids that come again are rare: they may be left to `find` and to `write`, which then fails.
        """

    def find(self, place: Place, event: EventId) -> Envelope | None:
        """An event that is in the log already, where `look` left that open."""

    def accept(self, place: Place, entry: Entry, at_ms: int) -> set[str]:
        """The session becomes active; whose seats that released."""

    def end(self, place: Place, reason: str, at_ms: int) -> None:
        """The session becomes ended."""

    def write(self, grown: Sequence[Place]) -> None:
        """The fresh events, and the last seq of their sessions."""


def append_all(tables: Tables, entries: Sequence[Entry], at_ms: int) -> list[Envelope | Exception]:
    """Log what may be logged, in this order; an answer for each: the envelope, or Refused.

    An id that this participant used before is answered with the envelope that was stored then.
    """
    places, stored = tables.look([entry.envelope for entry in entries])
    answers: list[Envelope | Exception] = []
    for entry in entries:
        place = places.get(entry.envelope.session)
        try:
            answers.append(_append(tables, place, stored, entry, at_ms))
        except Refused as refusal:
            answers.append(refusal)
    if grown := [place for place in places.values() if place.fresh]:
        tables.write(grown)
    return answers


def _append(
    tables: Tables, place: Place | None, stored: Stored, entry: Entry, at_ms: int
) -> Envelope:
    envelope = entry.envelope
    kind = KINDS[envelope.kind]
    if kind.lane is not _LOGGED:
        raise ValueError(f"{kind.name} is never logged")
    if place is None:  # never was, or is erased: the same to whoever asks
        raise Refused("session.ended")
    earlier = place.fresh.get(envelope.id) or stored.get((envelope.session, envelope.id))
    if earlier is not None:
        return _same(earlier, envelope)
    try:
        _check(place, kind, entry)
    except Refused:
        # Said again after what it has changed, it is no other event.
        earlier = tables.find(place, envelope.id)
        if earlier is None:
            raise
        return _same(earlier, envelope)
    if kind.moves_to is not None:
        _move(tables, place, kind.moves_to, entry, at_ms)
    place.last_seq += 1
    numbered = Envelope(
        envelope.session, envelope.sender, envelope.id, envelope.kind, envelope.epoch,
        envelope.sealed, at_ms, Seq(place.last_seq),
    )  # fmt: skip
    place.fresh[numbered.id] = numbered
    return numbered


def _check(place: Place, kind: Kind, entry: Entry) -> None:
    if place.state is _ENDED:
        raise Refused("session.ended")
    if place.state not in kind.states:
        raise Refused("session.taken" if kind.moves_to is _ACTIVE else "kind.state")
    # The seat may have gone while the event was on its way.
    if place.released and participant_of(entry.envelope.sender) in place.released:
        raise Refused("kind.state")
    if entry.envelope.epoch != place.epoch:
        raise Refused("epoch.wrong")
    if kind.moves_to is _ACTIVE and entry.account is None:
        raise Refused("kind.role")


def _move(tables: Tables, place: Place, to: State, entry: Entry, at_ms: int) -> None:
    """Forward, with everything that becomes true at the same moment."""
    if to is _ACTIVE:
        place.released |= tables.accept(place, entry, at_ms)
    else:
        tables.end(place, entry.reason or "hung_up", at_ms)
    place.state = to


def _same(earlier: Envelope, again: Envelope) -> Envelope:
    """A retry may come over another connection and sealed anew; but not from somebody else."""
    if participant_of(earlier.sender) != participant_of(again.sender) or earlier.kind != again.kind:
        raise Refused("body.invalid", field="id")
    return earlier


def envelope_of(
    session: str, id: str, seq: int, sender: str, kind: int, epoch: int, at_ms: int, sealed: bytes
) -> Envelope:
    """An envelope from the columns of its row."""
    return Envelope(
        session=SessionId(session),
        sender=SenderId(sender),
        id=EventId(id),
        kind=KIND_OF_CODE[kind].name,
        epoch=Epoch(epoch),
        sealed=sealed,
        at_ms=at_ms,
        seq=Seq(seq),
    )


def row_of(number: int, envelope: Envelope) -> tuple[object, ...]:
    """The columns of an event's row, in the order that both databases are given them."""
    return (
        number,
        envelope.seq,
        envelope.id,
        envelope.sender,
        KINDS[envelope.kind].code,
        envelope.epoch,
        envelope.at_ms,
        envelope.sealed,
    )
