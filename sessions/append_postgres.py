"""The statements that append a batch to the log in PostgreSQL, where other nodes append too.

Raw psycopg, in two round trips for a batch over many sessions. What is appended is decided in
`append.py`.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import psycopg

from sessions.append import Entry, Place, Places, Stored, envelope_of, row_of
from sessions.events import Envelope, EventId, SessionId, State, participant_of

# In one order on every node: otherwise two batches wait for each other, and one is undone.
_LOCK = """
SELECT number, id, state, last_seq, epoch
  FROM sessions WHERE id = ANY(%b) ORDER BY number FOR NO KEY UPDATE"""
# Statements of their own, after the lock: a statement sees what was committed when it began, and
# that may have been before another node gave the lock back.
_RELEASED = """
SELECT session_id, participant
  FROM seats WHERE session_id = ANY(%b) AND released_ms IS NOT NULL"""
_STORED = """
SELECT sessions.id, event_id, seq, sender, kind, events.epoch, at_ms, sealed
  FROM unnest(%b::text[], %b::text[]) AS wanted (session, event)
  JOIN sessions ON sessions.id = wanted.session
  JOIN events ON session_number = sessions.number AND event_id = wanted.event"""
_ADVANCE = """
UPDATE sessions SET last_seq = grown.last_seq
  FROM unnest(%b::bigint[], %b::bigint[]) AS grown (number, last_seq)
 WHERE sessions.number = grown.number"""
_INSERT = """
INSERT INTO events (session_number, seq, event_id, sender, kind, epoch, at_ms, sealed)
SELECT * FROM unnest(%b::bigint[], %b::bigint[], %b::text[], %b::text[], %b::integer[],
                     %b::integer[], %b::bigint[], %b::bytea[])"""
_ACCEPT = """
UPDATE sessions SET state = %s, accepted_ms = %s, advisor_account = %s WHERE number = %s"""
_END = "UPDATE sessions SET state = %s, ended_ms = %s, end_reason = %s WHERE number = %s"
_RELEASE_OTHERS = """
UPDATE seats SET released_ms = %s
 WHERE session_id = %s AND role = 'advisor' AND participant <> %s AND released_ms IS NULL
RETURNING participant"""


class PostgresTables:
    """Locks the sessions of the batch, so that their numbers have no gap and no double."""

    def __init__(self, db: "psycopg.Connection[Any]") -> None:
        self._db = db

    def look(self, wanted: Sequence[Envelope]) -> tuple[Places, Stored]:
        sessions: list[str] = sorted({envelope.session for envelope in wanted})
        asked = [envelope.session for envelope in wanted], [envelope.id for envelope in wanted]
        with self._db.pipeline():
            locked = self._db.execute(_LOCK, (sessions,), binary=True)
            released = self._db.execute(_RELEASED, (sessions,), binary=True)
            found = self._db.execute(_STORED, asked, binary=True)
        gone: defaultdict[str, set[str]] = defaultdict(set)
        for session, participant in released:
            gone[session].add(participant)
        places = {
            id: Place(number, SessionId(id), State(state), last_seq, epoch, gone[id])
            for number, id, state, last_seq, epoch in locked
        }
        stored = [envelope_of(*row) for row in found]
        return places, {(envelope.session, envelope.id): envelope for envelope in stored}

    def find(self, place: Place, event: EventId) -> Envelope | None:
        """Nothing was left open."""

    def accept(self, place: Place, entry: Entry, at_ms: int) -> set[str]:
        now_active = (State.ACTIVE.value, at_ms, entry.account, place.number)
        others = (at_ms, place.session, participant_of(entry.envelope.sender))
        with self._db.pipeline():
            self._db.execute(_ACCEPT, now_active)
            released = self._db.execute(_RELEASE_OTHERS, others)
        return {participant for (participant,) in released}

    def end(self, place: Place, reason: str, at_ms: int) -> None:
        self._db.execute(_END, (State.ENDED.value, at_ms, reason, place.number))

    def write(self, grown: Sequence[Place]) -> None:
        heads = [place.number for place in grown], [place.last_seq for place in grown]
        rows = [row_of(place.number, event) for place in grown for event in place.fresh.values()]
        with self._db.pipeline():
            self._db.execute(_ADVANCE, heads)
            self._db.execute(_INSERT, [list(column) for column in zip(*rows, strict=True)])
