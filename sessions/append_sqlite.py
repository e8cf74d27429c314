"""The statements that append a batch to the log in SQLite.

Raw `sqlite3`, because they run for every message: few statements, each for the whole batch. What
is appended is decided in `append.py`.
"""

import sqlite3
from collections.abc import Sequence
from typing import Final

from sessions.append import Entry, Place, Places, Stored, envelope_of, row_of
from sessions.events import Envelope, EventId, SessionId, State, participant_of

_STATES: Final = {state.value: state for state in State}  # a third of the price of State(text)

MAX_KEPT: Final = 10_000  # places, of about 300 bytes

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
_FIND = """
SELECT event_id, seq, sender, kind, epoch, at_ms, sealed
  FROM events WHERE session_number = ? AND event_id = ?"""
_INSERT = """
INSERT INTO events (session_number, seq, event_id, sender, kind, epoch, at_ms, sealed)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)"""
_ADVANCE = "UPDATE sessions SET last_seq = ? WHERE number = ?"
_ACCEPT = "UPDATE sessions SET state = ?, accepted_ms = ?, advisor_account = ? WHERE number = ?"
_END = "UPDATE sessions SET state = ?, ended_ms = ?, end_reason = ? WHERE number = ?"
_RELEASE_OTHERS = """
UPDATE seats SET released_ms = ?
 WHERE session_id = ? AND role = 'advisor' AND participant <> ? AND released_ms IS NULL
RETURNING participant"""


class SqliteTables:
    """The writer is alone in the file, so that nothing has to be locked.

    `kept` are places of the last batch that are still true, and of this one for the next. With
    them a batch counts on it that no id comes again: if one does, the index refuses it, and the
    batch is carried out anew without them.
    """

    def __init__(self, db: sqlite3.Connection, kept: Places | None = None) -> None:
        self._db = db
        self._counts_on_it = kept is not None
        self._kept: Places = {} if kept is None else kept

    def look(self, wanted: Sequence[Envelope]) -> tuple[Places, Stored]:
        sessions = {envelope.session for envelope in wanted}
        if len(self._kept) > MAX_KEPT:
            self._kept.clear()
        if unknown := sessions - self._kept.keys():
            self._kept.update(_places(self._db, unknown))
        places: Places = {id: self._kept[id] for id in sessions if id in self._kept}
        for place in places.values():
            place.fresh = {}
        return places, {} if self._counts_on_it else _stored(self._db, places, wanted)

    def find(self, place: Place, event: EventId) -> Envelope | None:
        if not self._counts_on_it:
            return None
        row = self._db.execute(_FIND, (place.number, event)).fetchone()
        return None if row is None else envelope_of(place.session, *row)

    def accept(self, place: Place, entry: Entry, at_ms: int) -> set[str]:
        self._db.execute(_ACCEPT, (State.ACTIVE, at_ms, entry.account, place.number))
        others = (at_ms, place.session, participant_of(entry.envelope.sender))
        return {participant for (participant,) in self._db.execute(_RELEASE_OTHERS, others)}

    def end(self, place: Place, reason: str, at_ms: int) -> None:
        self._db.execute(_END, (State.ENDED, at_ms, reason, place.number))

    def write(self, grown: Sequence[Place]) -> None:
        rows = [row_of(place.number, event) for place in grown for event in place.fresh.values()]
        self._db.executemany(_ADVANCE, [(place.last_seq, place.number) for place in grown])
        self._db.executemany(_INSERT, rows)


def _places(db: sqlite3.Connection, sessions: set[SessionId]) -> Places:
    """Where each of these stands; in one statement, since a statement costs more than a row."""
    rows = db.execute(_PLACES % _marks("?", len(sessions)), _filled(list(sessions), 1))
    return {
        id: Place(
            number,
            SessionId(id),
            _STATES[state],
            last_seq,
            epoch,
            set(released.split(",")) if released else set(),
        )
        for id, number, state, last_seq, epoch, released in rows
    }


def _stored(db: sqlite3.Connection, places: Places, wanted: Sequence[Envelope]) -> Stored:
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
