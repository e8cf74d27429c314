"""The hot path: a batch of events into SQLite, numbered without gaps, in one transaction.

Raw `sqlite3`, because it runs for every message. It decides from what the tables say at that
moment and knows nothing of threads, keys or who is listening. The caller holds the transaction.
"""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

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

KIND_OF_CODE: Final = {kind.code: kind for kind in KINDS.values()}
_STATES: Final = {state.value: state for state in State}  # a third of the price of State(text)

_PLACES = """
SELECT id, number, state, last_seq, epoch,
       (SELECT group_concat(participant) FROM seats
         WHERE session_id = sessions.id AND released_ms IS NOT NULL)
  FROM sessions WHERE id IN (%s)"""
# CROSS JOIN tells SQLite to look up each wanted one, not to scan for them.
_STORED = """
  WITH wanted (session, id) AS (VALUES %s)
SELECT session_number, event_id, seq, sender, kind, epoch, at_ms, sealed
  FROM wanted CROSS JOIN events ON session_number = session AND event_id = id"""
_INSERT = """
INSERT INTO events (session_number, seq, event_id, sender, kind, epoch, at_ms, sealed)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)"""
_ADVANCE = "UPDATE sessions SET last_seq = ? WHERE number = ?"
_ACCEPT = "UPDATE sessions SET state = ?, accepted_ms = ?, advisor_account = ? WHERE id = ?"
_END = "UPDATE sessions SET state = ?, ended_ms = ?, end_reason = ? WHERE id = ?"
_RELEASE_OTHERS = """
UPDATE seats SET released_ms = ?
 WHERE session_id = ? AND role = 'advisor' AND participant <> ? AND released_ms IS NULL
RETURNING participant"""


class Entry(NamedTuple):
    """An event to be logged; `account` who accepts, `reason` why it ends."""

    envelope: Envelope
    account: str | None = None
    reason: str | None = None


@dataclass(slots=True)
class _Place:
    """Where a session stands while the batch is carried out."""

    number: int
    state: State
    last_seq: int
    epoch: int
    released: set[str]
    fresh: dict[EventId, Envelope] = field(default_factory=dict)


_Stored = dict[tuple[str, str], Envelope]


def append_all(
    db: sqlite3.Connection, entries: Sequence[Entry], at_ms: int
) -> list[Envelope | Exception]:
    """Log what may be logged, in this order; an answer for each: the envelope, or Refused.

    An id that this participant used before is answered with the envelope that was stored then.
    """
    places = _places(db, {entry.envelope.session for entry in entries})
    stored = _stored(db, places, [entry.envelope for entry in entries])
    answers: list[Envelope | Exception] = []
    for entry in entries:
        try:
            answers.append(_append(db, places.get(entry.envelope.session), stored, entry, at_ms))
        except Refused as refusal:
            answers.append(refusal)
    grown = [place for place in places.values() if place.fresh]
    db.executemany(_ADVANCE, [(place.last_seq, place.number) for place in grown])
    db.executemany(_INSERT, [_row(p.number, e) for p in grown for e in p.fresh.values()])
    return answers


def _append(
    db: sqlite3.Connection, place: _Place | None, stored: _Stored, entry: Entry, at_ms: int
) -> Envelope:
    envelope = entry.envelope
    kind = KINDS[envelope.kind]
    if kind.lane is not Lane.LOGGED:
        raise ValueError(f"{kind.name} is never logged")
    if place is None:  # never was, or is erased: the same to whoever asks
        raise Refused("session.ended")
    earlier = place.fresh.get(envelope.id) or stored.get((envelope.session, envelope.id))
    if earlier is not None:
        return _same(earlier, envelope)
    _check(place, kind, entry)
    if kind.moves_to is not None:
        _move(db, place, kind.moves_to, entry, at_ms)
    place.last_seq += 1
    numbered = Envelope(
        envelope.session, envelope.sender, envelope.id, envelope.kind, envelope.epoch,
        envelope.sealed, at_ms, Seq(place.last_seq),
    )  # fmt: skip
    place.fresh[numbered.id] = numbered
    return numbered


def _check(place: _Place, kind: Kind, entry: Entry) -> None:
    if place.state is State.ENDED:
        raise Refused("session.ended")
    if place.state not in kind.states:
        raise Refused("session.taken" if kind.moves_to is State.ACTIVE else "kind.state")
    # The seat may have gone while the event was on its way.
    if place.released and participant_of(entry.envelope.sender) in place.released:
        raise Refused("kind.state")
    if entry.envelope.epoch != place.epoch:
        raise Refused("epoch.wrong")
    if kind.moves_to is State.ACTIVE and entry.account is None:
        raise Refused("kind.role")


def _move(db: sqlite3.Connection, place: _Place, to: State, entry: Entry, at_ms: int) -> None:
    """Forward, with everything that becomes true at the same moment."""
    session = entry.envelope.session
    if to is State.ACTIVE:
        db.execute(_ACCEPT, (to, at_ms, entry.account, session))
        others = (at_ms, session, participant_of(entry.envelope.sender))
        place.released |= {participant for (participant,) in db.execute(_RELEASE_OTHERS, others)}
    else:
        db.execute(_END, (to, at_ms, entry.reason or "hung_up", session))
    place.state = to


def _same(earlier: Envelope, again: Envelope) -> Envelope:
    """A retry may come over another connection and sealed anew; but not from somebody else."""
    if participant_of(earlier.sender) != participant_of(again.sender) or earlier.kind != again.kind:
        raise Refused("body.invalid", field="id")
    return earlier


def _places(db: sqlite3.Connection, sessions: set[SessionId]) -> dict[str, _Place]:
    """Where each of these stands; in one statement, since a statement costs more than a row."""
    rows = db.execute(_PLACES % _marks("?", len(sessions)), _filled(list(sessions), 1))
    return {
        id: _Place(
            number, _STATES[state], last_seq, epoch, set(released.split(",")) if released else set()
        )
        for id, number, state, last_seq, epoch, released in rows
    }


def _stored(
    db: sqlite3.Connection, places: dict[str, _Place], wanted: Sequence[Envelope]
) -> _Stored:
    """Those of the wanted events that are in the log already."""
    sessions = {place.number: session for session, place in places.items()}
    keys: list[int | str] = []
    for envelope in wanted:
        if envelope.session in places:
            keys += places[envelope.session].number, envelope.id
    if not keys:
        return {}
    rows = db.execute(_STORED % _marks("(?, ?)", len(keys) // 2), _filled(keys, 2))
    found = [envelope_of(sessions[number], *rest) for number, *rest in rows]
    return {(envelope.session, envelope.id): envelope for envelope in found}


def _marks(mark: str, count: int) -> str:
    """Placeholders for a power of two, so that few statements have to be prepared."""
    return ", ".join([mark] * _step(count))


def _filled(values: Sequence[int | str], each: int) -> list[int | str | None]:
    missing = _step(len(values) // each) * each - len(values)
    return [*values, *[None] * missing]


def _step(count: int) -> int:
    return 1 << (count - 1).bit_length()


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


def _row(number: int, envelope: Envelope) -> tuple[object, ...]:
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
