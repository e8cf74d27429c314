"""Recordings as they are kept: in order, sealed, whole after a crash, gone when their time is."""

import os
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from sessions.audit import Audit
from sessions.blobs import Blobs
from sessions.database import Database
from sessions.envelope import Sealer, Unreadable
from sessions.erasure import Erasure
from sessions.events import ParticipantId, Refused, SessionId, State
from sessions.exit import Exit
from sessions.files import Files
from sessions.holds import Holds
from sessions.keys import Keys, Shredded
from sessions.lifecycle import Lifecycle, Started
from sessions.log import Log
from sessions.models import SessionRow
from sessions.names import Name
from sessions.receipts import Receipts
from sessions.recording_rows import RecordingChunkRow, RecordingRow
from sessions.recordings import Chunk, Due, Part, Recordings
from sessions.retention import Period
from sessions.tombstones import Tombstones
from sessions.vault import Vault
from sessions.ways import PLAY
from tests.unit.sessions.conftest import Now

WORDS = b"what was said aloud, frame by frame; "
PIECES = (WORDS * 3, WORDS, WORDS * 700)
CLEAR = b"".join(PIECES)


class Studio:
    """A talk, and what records it."""

    def __init__(
        self, folder: Path, database: Database, log: Log, keys: Keys, lifecycle: Lifecycle, now: Now
    ) -> None:
        self.folder, self.database, self.keys, self.lifecycle = folder, database, keys, lifecycle
        self.now = now
        self.blobs = Blobs.open((folder / "blobs").as_uri())
        self.recordings = Recordings(database, self.blobs, node="one", now_ms=now)
        self.holds = Holds(database, now_ms=now)
        files = Files(database, self.blobs)
        self.vault = Vault(keys, log, files, Audit(database), self.holds)

    async def talk(self) -> Started:
        started = await self.lifecycle.start(
            name=Name("Zoë", "d’Arc"), topic=None, language="de", request=os.urandom(16)
        )
        await self.become(started.session, State.ACTIVE)
        return started

    async def become(self, session: SessionId, state: State) -> None:
        change = update(SessionRow).where(SessionRow.id == session)
        change = change.values(state=state, ended_ms=self.now() if state is State.ENDED else None)
        await self.database.write(lambda db: db.execute(change).close())

    async def recorded(self, session: SessionId, by: ParticipantId) -> tuple[Part, Sealer]:
        part = await self.recordings.begin(session, by)
        sealer = await self.keys.recording(session, part.id)
        start = 0
        for number, piece in enumerate(PIECES):
            chunk = Chunk(number, start, len(piece))
            assert await self.recordings.append(part, chunk, piece, sealer)
            start += len(piece)
        return part, sealer


@pytest.fixture
def studio(
    folder: Path, database: Database, log: Log, keys: Keys, lifecycle: Lifecycle, now: Now
) -> Studio:
    return Studio(folder, database, log, keys, lifecycle, now)


async def read(studio: Studio, part: Part, sealer: Sealer, start: int, end: int) -> bytes:
    pieces = studio.recordings.read(part, start, end, sealer)
    return b"".join([piece async for piece in pieces])


async def test_any_stretch_of_a_part_is_what_was_recorded(studio: Studio) -> None:
    """Random access: a player asks for what it likes."""
    talk = await studio.talk()
    part, sealer = await studio.recorded(talk.session, talk.participant)
    [known] = await studio.recordings.of(talk.session)
    assert (known.size, known.chunks, known.ended_ms) == (len(CLEAR), 3, None)
    edges = (0, 1, len(PIECES[0]), len(PIECES[0]) + 1, len(CLEAR) - 1, len(CLEAR))
    for start in edges:
        for end in edges:
            if start < end:
                assert await read(studio, part, sealer, start, end) == CLEAR[start:end]


async def test_nothing_of_it_lies_anywhere_in_clear_and_no_chunk_opens_elsewhere(
    studio: Studio,
) -> None:
    """OB-09: neither in a blob nor in the database; a chunk that was moved is unreadable."""
    talk = await studio.talk()
    part, sealer = await studio.recorded(talk.session, talk.participant)
    stored = [path for path in studio.folder.rglob("*") if path.is_file()]
    assert len([path for path in stored if part.id in str(path)]) == len(PIECES)
    for path in stored:
        assert WORDS not in path.read_bytes(), path
    first, second = (studio.folder / f"blobs/{talk.session}/{part.id}/{n}" for n in (0, 1))
    kept = second.read_bytes()
    second.write_bytes(first.read_bytes()[: len(kept)])
    with pytest.raises(Unreadable):
        await read(studio, part, sealer, 0, len(CLEAR))
    second.write_bytes(kept)
    other = await studio.keys.recording(talk.session, (await studio.recordings.begin(
        talk.session, talk.participant)).id)  # fmt: skip
    with pytest.raises(Unreadable):
        await read(studio, part, other, 0, len(CLEAR))
    await studio.keys.shred(talk.session)
    with pytest.raises(Shredded):
        await studio.keys.recording(talk.session, part.id)


async def test_after_a_crash_what_was_written_is_all_there(studio: Studio) -> None:
    """What ended with its node says so, with the time of its last chunk; others are left alone."""
    talk = await studio.talk()
    part, sealer = await studio.recorded(talk.session, talk.participant)
    studio.now.ms += 60_000
    elsewhere = Recordings(studio.database, studio.blobs, node="two", now_ms=studio.now)
    assert await elsewhere.recover() == 0
    again = Recordings(studio.database, studio.blobs, node="one", now_ms=studio.now)
    assert await again.recover() == 1
    [known] = await again.of(talk.session)
    assert (known.ended, known.ended_ms) == ("restarted", part.began_ms)
    assert await read(studio, known, sealer, 0, known.size) == CLEAR
    with pytest.raises(LookupError):
        await again.append(part, Chunk(3, len(CLEAR), 1), b"x", sealer)


async def test_the_same_chunk_twice_is_there_once(studio: Studio) -> None:
    """Whoever does not know whether it was kept says it again."""
    talk = await studio.talk()
    part = await studio.recordings.begin(talk.session, talk.participant)
    sealer = await studio.keys.recording(talk.session, part.id)
    for _ in range(2):
        assert await studio.recordings.append(part, Chunk(0, 0, len(WORDS)), WORDS, sealer)
    assert await read(studio, part, sealer, 0, 100) == WORDS


async def test_who_is_halted_or_whose_talk_is_over_writes_no_more(studio: Studio) -> None:
    talk, other = await studio.talk(), await studio.talk()
    part, sealer = await studio.recorded(talk.session, talk.participant)
    end = len(CLEAR)
    await studio.recordings.halt(other.session)
    await studio.recordings.halt(talk.session, ParticipantId("f" * 16))
    assert await studio.recordings.append(part, Chunk(3, end, 1), b"x", sealer)
    await studio.recordings.halt(talk.session, talk.participant)
    assert not await studio.recordings.append(part, Chunk(4, end + 1, 1), b"x", sealer)
    late, sealer = await studio.recorded(other.session, other.participant)
    await studio.become(other.session, State.ENDED)
    assert not await studio.recordings.append(late, Chunk(3, end, 1), b"x", sealer)
    with pytest.raises(Refused, match=r"session\.ended"):
        await studio.recordings.begin(other.session, other.participant)


async def test_recordings_go_when_their_time_is_over_unless_they_are_held(studio: Studio) -> None:
    """OB-41: earlier than the session where the house says so, and never against a legal hold."""
    talk = await studio.talk()
    await studio.recorded(talk.session, talk.participant)
    period = Period(7)
    studio.now.ms += 30 * 86_400_000
    assert await studio.recordings.sweep(period) == 0  # the talk is not over
    assert await studio.recordings.due(period, studio.now.ms + 8 * 86_400_000) == []
    await studio.become(talk.session, State.ENDED)
    due = Due(talk.session, studio.now.ms + 7 * 86_400_000, held=False)
    assert await studio.recordings.due(period, due.due_ms - 1) == []
    assert await studio.recordings.due(period, due.due_ms) == [due]
    studio.now.ms += 7 * 86_400_000 - 1
    assert await studio.recordings.sweep(period) == 0
    studio.now.ms += 1
    await studio.holds.set(talk.session, "hold", reason="court", by="officer")
    assert await studio.recordings.due(period) == [due._replace(held=True)]
    assert await studio.recordings.sweep(period) == 0
    assert len(await studio.recordings.of(talk.session)) == 1
    await studio.holds.lift(talk.session, "hold")
    assert await studio.recordings.sweep(period) == 1
    assert await studio.recordings.of(talk.session) == []
    chunks = select(func.count()).select_from(RecordingChunkRow)
    assert await studio.database.read(lambda db: db.scalar(chunks)) == 0
    assert await studio.blobs.sessions() == set()


async def test_nobody_plays_what_they_did_not_say_why(studio: Studio) -> None:
    """OB-47, OB-09: the audit row is first; it opens for whoever wrote it, if not restricted."""
    talk = await studio.talk()
    part, _ = await studio.recorded(talk.session, talk.participant)
    [part] = await studio.recordings.of(talk.session)

    async def play(actor: str) -> bytes:
        pieces = studio.vault.open_recording(studio.recordings, part, 0, part.size, actor=actor)
        return b"".join([piece async for piece in pieces])

    exit = Exit(studio.database, Audit(studio.database))
    leave = await exit.leave(PLAY, actor="berta", ground="complaint", of=talk.session)
    await studio.vault.unlock_recordings(leave)
    assert await play("berta") == CLEAR
    with pytest.raises(Refused, match=r"not\.found"):
        await play("bernd")
    audit = Audit(studio.database)
    [row] = await audit.about(talk.session)
    assert (row.actor, row.action, row.about) == ("berta", "recording opened", " complaint")
    await studio.holds.set(talk.session, "restriction", reason="asked", by="receipt")
    with pytest.raises(Refused, match=r"session\.restricted"):
        await play("berta")


async def test_an_erased_session_leaves_no_row_and_no_chunk(studio: Studio, log: Log) -> None:
    """OB-41: with its key goes all that was recorded of it."""
    talk = await studio.talk()
    await studio.recorded(talk.session, talk.participant)
    database, keys, blobs = studio.database, studio.keys, studio.blobs
    erasure = Erasure(
        database, keys, blobs, studio.lifecycle, Receipts(database, keys),
        Tombstones(database, keys._database, blobs), now_ms=studio.now,
    )  # fmt: skip
    await erasure.erase(talk.session, cause="person")
    assert await studio.recordings.of(talk.session) == []
    assert await blobs.sessions() == set()
    counts = [select(func.count()).select_from(rows) for rows in (RecordingRow, RecordingChunkRow)]
    left = await database.read(lambda db: [db.scalar(count) for count in counts])
    assert left == [0, 0]
