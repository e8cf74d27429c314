"""The board as Python folds it, out of the databases of a server that may go on running."""

import sqlite3
from contextlib import closing
from pathlib import Path

from sessions.append import envelope_of
from sessions.envelope import content_key, open_sealed
from sessions.events import Epoch, SessionId, participant_of
from sessions.keys import MasterKeys, WrappedKey
from whiteboard.scene import Fold

_LOG = """SELECT s.id, e.event_id, e.seq, e.sender, e.kind, e.epoch, e.at_ms, e.sealed
    FROM events e JOIN sessions s ON s.number = e.session_number WHERE s.id = ? ORDER BY e.seq"""
_KEY = "SELECT wrapped, master_version FROM key_store WHERE session_id = ?"


def folded(data: Path, session: str) -> Fold:
    """Everything that was logged in the session until now."""
    with closing(_beside(data / "keys.db")) as keys, closing(_beside(data / "visavis.db")) as log:
        [(wrapped, version)] = keys.execute(_KEY, (session,)).fetchall()
        events = [envelope_of(*row) for row in log.execute(_LOG, (session,))]
    master = MasterKeys.load_or_create(data / "master.keys")
    of = SessionId(session)
    key = content_key(master.unwrap(WrappedKey(wrapped), version), of, Epoch(1))
    fold = Fold()
    for event in events:
        fold.apply(event.kind, participant_of(event.sender), open_sealed(event, key).body)
    return fold


def _beside(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{path}?mode=ro", uri=True)
