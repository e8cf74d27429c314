"""Erasing for good: nothing opens with any key that is left, and no backup brings it back."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import insert, select

from sessions.blobs import Blobs
from sessions.database import Database
from sessions.envelope import (
    FileOpener,
    FileSealer,
    Unreadable,
    content_key,
    event_key,
    file_key,
    open_sealed,
    seal,
    sealed_bytes,
)
from sessions.erasure import STRAGGLER_MS, Erasure
from sessions.events import (
    Envelope,
    Epoch,
    Refused,
    Seq,
    SessionId,
    Unknown,
    new_event_id,
    sender_of,
)
from sessions.file_views import FileView
from sessions.files import Files
from sessions.invitation_rows import InvitationRow
from sessions.keys import Keys, MasterKeys, Shredded
from sessions.lifecycle import Lifecycle, Started
from sessions.log import Log
from sessions.migrations import Tree
from sessions.models import HandoverRow, KeyRow, KeyStoreRow, Row, SeatRow
from sessions.names import Name
from sessions.owed import put_recipient
from sessions.receipts import Receipts, hash_of, read_code, read_number
from sessions.tombstones import Tombstones
from tests.unit.sessions.conftest import Now

CONTENT = b"a word that nobody shall read again" * 400


@dataclass
class House:
    """Everything that keeps something of a session."""

    database: Database
    key_store: Database
    blobs: Blobs
    keys: Keys
    log: Log
    lifecycle: Lifecycle
    files: Files
    receipts: Receipts
    tombstones: Tombstones
    erasure: Erasure
    now: Now
    place: Path  # of the blobs

    async def session(self) -> Started:
        started = await self.lifecycle.start(
            name=Name("Ada", "Lovelace"), topic=None, language="de", request=os.urandom(16)
        )
        assert await self.say(started)
        return started

    async def say(self, of: Started) -> Envelope:
        return await self.log.append(await self.sealed(of))

    async def sealed(self, of: Started) -> Envelope:
        sender = sender_of(of.participant)
        header = Envelope(
            of.session, sender, new_event_id(), "chat.message", Epoch(1), b"", self.now()
        )
        key = event_key(await self.keys.content_key(of.session, Epoch(1)), of.session, sender)
        sealed = seal({"text": CONTENT.decode()[:4_000]}, key=key, header=header, counter=0)
        return header._replace(sealed=sealed)

    async def file(self, of: Started) -> FileView:
        size = sealed_bytes(len(CONTENT))
        begun = await self.files.begin(of.session, of.participant, size)
        content = await self.keys.content_key(of.session, Epoch(1))
        sealer = FileSealer(file_key(content, of.session, begun.id), of.session, begun.id)
        holder = await self.files.hold(begun, 0)
        await self.files.write(begun, holder, 0, sealer.seal(CONTENT) + sealer.finish())
        return begun


@asynccontextmanager
async def house_in(
    folder: Path, now: Now, urls: dict[Tree, str] | None = None
) -> AsyncIterator[House]:
    """All of it on files in a folder, or on the databases of these addresses."""
    if urls is None:
        urls = {"main": f"sqlite:///{folder}/main.db", "keys": f"sqlite:///{folder}/keys.db"}
    database = Database.open(urls["main"], rows=Row)
    key_store = Database.open(urls["keys"], rows=KeyRow)
    blobs = Blobs.open((folder / "blobs").as_uri())
    keys = Keys(key_store, MasterKeys({1: bytes(32)}), now_ms=now)
    log = Log(database, now_ms=now)
    lifecycle = Lifecycle(database, log, keys, now_ms=now)
    files = Files(database, blobs, now_ms=now)
    receipts = Receipts(database, keys, now_ms=now)
    stones = Tombstones(database, key_store, blobs)
    erasure = Erasure(database, keys, blobs, lifecycle, receipts, stones, now_ms=now)
    try:
        yield House(
            database, key_store, blobs, keys, log, lifecycle, files, receipts, stones, erasure,
            now, folder / "blobs",
        )  # fmt: skip
    finally:
        await database.close()
        await key_store.close()


@pytest.fixture
async def house(urls: dict[Tree, str], tmp_path: Path, now: Now) -> AsyncIterator[House]:
    async with house_in(tmp_path, now, urls) as house:
        yield house


async def nothing_is_left(house: House, session: SessionId) -> None:
    """No row, no key, no blob."""
    with pytest.raises(Shredded):
        await house.keys.content_key(session, Epoch(1))
    assert await house.lifecycle.view(session) is None
    assert not (house.place / session).exists()
    assert session not in await house.keys.sessions()
    tables = ("events", "seats", "files", "sessions", "holds", "request", "corrections")
    for table in (*tables, "handovers", "invitations"):
        rows = await house.database.read(
            lambda db, table=table: repr(db.exec_driver_sql(f"SELECT * FROM {table}").all())  # type: ignore[misc]
        )
        assert session not in rows


async def test_what_goes_on_forgets_an_erased_session_that_it_goes_on_from(house: House) -> None:
    """OB-39: erasing one of two talks leaves the other, and no trace of the first in it."""
    first, second = [(await house.session()).session for _ in range(2)]
    row = {"session_id": second, "before_id": first, "at_ms": 1} | {
        "reason": "handed", "by_account": "a",
    }  # fmt: skip
    await house.database.write(lambda db: db.execute(insert(HandoverRow), row).close())
    await house.erasure.erase(first, cause="person")
    left = await house.database.read(lambda db: db.execute(select(HandoverRow.__table__)).one())
    assert (left.session_id, left.before_id) == (second, None)
    await nothing_is_left(house, first)
    await house.erasure.erase(second, cause="person")
    await nothing_is_left(house, second)


async def test_erased_is_gone_and_the_others_stay(house: House) -> None:
    """OB-39: key, rows and blobs of this session, and of no other; again changes nothing."""
    erased, other = await house.session(), await house.session()
    await house.file(erased)
    kept = await house.file(other)
    row = {
        "id": "1", "session_id": erased.session, "seat": "guest", "state": "open",
        "secret_hash": b"", "made_ms": 1, "expires_ms": 2,
    }  # fmt: skip
    await house.database.write(lambda db: db.execute(insert(InvitationRow), row).close())
    claim = await house.receipts.claim(erased.session, erased.token)
    assert claim is not None
    house.now.ms += 1_000
    stone = await house.erasure.erase(erased.session, cause="person")
    assert (stone.events, stone.seats, stone.files) == (2, 1, 1)
    assert stone.file_bytes == sealed_bytes(len(CONTENT))
    assert stone.done_ms is not None
    await nothing_is_left(house, erased.session)
    house.now.ms += 60_000
    assert await house.erasure.erase(erased.session, cause="operator") == stone
    found = await house.receipts.find(number(claim.number), code(claim.code))
    assert found is not None
    assert found.session is None
    assert await house.tombstones.find(found.session_hash) == stone
    assert await house.receipts.claim(erased.session, erased.token) is None
    view = await house.lifecycle.view(other.session)
    assert view is not None
    pieces = [bytes(part) async for part in house.files.read(kept, 0, kept.size)]
    opener = await opener_of(house, kept)
    assert opener.open(b"".join(pieces)) + opener.finish() == CONTENT
    with pytest.raises(LookupError):
        await house.erasure.erase(SessionId("0" * 32), cause="person")


async def opener_of(house: House, file: FileView) -> FileOpener:
    content = await house.keys.content_key(file.session, Epoch(1))
    return FileOpener(file_key(content, file.session, file.id), file.session, file.id)


def number(text: str) -> str:
    found = read_number(text)
    assert found is not None
    return found


def code(text: str) -> str:
    found = read_code(text)
    assert found is not None
    return found


async def test_what_is_written_at_the_same_moment_is_refused_or_gone(house: House) -> None:
    """OB-39: 100 of 100 writes that race an erasure leave nothing, and all after it are refused."""
    session = await house.session()
    half = await house.files.begin(session.session, session.participant, sealed_bytes(10))
    holder = await house.files.hold(half, 0)
    sealed = [await house.sealed(session) for _ in range(200)]
    erasing = asyncio.ensure_future(house.erasure.erase(session.session, cause="person"))
    racing = [asyncio.ensure_future(house.log.append(one)) for one in sealed[:100]]
    await erasing
    late = await asyncio.gather(
        *racing,
        *(house.log.append(one) for one in sealed[100:]),
        house.files.write(half, holder, 0, bytes(sealed_bytes(10))),
        house.files.begin(session.session, session.participant, sealed_bytes(10)),
        house.lifecycle.advisor_seat(session.session, "0" * 32, prepare=True),
        return_exceptions=True,
    )
    assert all(isinstance(one, Refused | Shredded) for one in late[100:]), late[100:]
    # Whatever was acknowledged before the end was erased with the rest.
    await nothing_is_left(house, session.session)


async def test_what_was_on_its_way_into_the_store_is_swept(house: House) -> None:
    """A part that arrives after the erasure has no key; soon after it has no place either."""
    session = await house.session()
    file = await house.file(session)
    await house.erasure.erase(session.session, cause="person")
    await house.blobs.put(session.session, file.id, 7, b"late")
    await house.erasure.sweep()
    assert (house.place / session.session).exists()
    house.now.ms += STRAGGLER_MS
    await house.erasure.sweep()
    assert not (house.place / session.session).exists()


async def test_no_key_that_is_left_opens_anything_in_yesterdays_backup(house: House) -> None:
    """OB-39, OB-09: every surviving key against every event, name and file that a backup holds."""
    erased, others = await house.session(), [await house.session() for _ in range(3)]
    file = await house.file(erased)
    sealed = b"".join([bytes(part) async for part in house.files.read(file, 0, file.size)])
    events = await house.log.after(erased.session, Seq(0))
    seat = select(SeatRow.name_sealed).where(SeatRow.session_id == erased.session)
    name = await house.database.read(lambda db: db.execute(seat).scalar_one())
    assert len(events) == 2
    await house.erasure.erase(erased.session, cause="person")
    survivors = await house.keys.sessions()
    assert survivors == {one.session for one in others}
    wrapped = await house.key_store.read(
        lambda db: [row.wrapped for row in db.execute(select(KeyStoreRow.wrapped))]
    )
    master = MasterKeys({1: bytes(32)})
    for key in (master.unwrap(one, 1) for one in wrapped):
        # As the house would derive it, and as a row moved to the erased session would make it.
        for session in (erased.session, *survivors):
            content = content_key(key, session, Epoch(1))
            for event in events:
                with pytest.raises(Unreadable):
                    open_sealed(event, content)
            opener = FileOpener(file_key(content, erased.session, file.id), erased.session, file.id)
            with pytest.raises(Unreadable):
                opener.open(sealed)
    for session in survivors:
        with pytest.raises(Unreadable):
            await house.keys.open_name(session, erased.participant, name)


def yesterday(folder: Path, backup: Path, *names: str) -> Callable[[], None]:
    """A backup of these, and what restores it."""
    backup.mkdir()
    for one in names:
        source = folder / one
        (shutil.copytree if source.is_dir() else shutil.copy)(source, backup / one)

    def restore() -> None:
        for one in names:
            for rest in (f"{one}-wal", f"{one}-shm"):
                (folder / rest).unlink(missing_ok=True)
            if (folder / one).is_dir():
                shutil.rmtree(folder / one)
            copied = backup / one
            (shutil.copytree if copied.is_dir() else shutil.copy)(copied, folder / one)

    return restore


@pytest.mark.parametrize(
    "restored",
    [
        ("main.db",),
        ("keys.db",),
        ("main.db", "keys.db"),
        ("blobs",),
        ("main.db", "blobs"),
        ("keys.db", "blobs"),
    ],
)
@pytest.mark.parametrize("claimed", ["before", "after", "never"])
async def test_a_restored_backup_is_erased_again_before_traffic(
    folder: Path, tmp_path: Path, now: Now, restored: tuple[str, ...], claimed: str
) -> None:
    """OB-39, F-30: whichever of the three comes back, the others know what was erased."""
    (folder / "blobs").mkdir()
    async with house_in(folder, now) as house:
        erased, other = await house.session(), await house.session()
        await house.file(erased)
        await house.database.write(
            lambda db: put_recipient(db, erased.session, "house", "f" * 16, now())
        )
        claim = (
            await house.receipts.claim(erased.session, erased.token)
            if claimed == "before"
            else None
        )
    restore = yesterday(folder, tmp_path / "backup", *restored)
    async with house_in(folder, now) as house:
        if claimed == "after":
            claim = await house.receipts.claim(erased.session, erased.token)
        stone = await house.erasure.erase(erased.session, cause="person")
    restore()
    now.ms += 86_400_000
    async with house_in(folder, now) as house:
        await house.erasure.reapply()
        await nothing_is_left(house, erased.session)
        found = await house.tombstones.find(hash_of(erased.session))
        assert found is not None
        assert (found.asked_ms, found.events, found.number) == (
            stone.asked_ms, stone.events, stone.number,
        )  # fmt: skip
        if claim is not None:  # the certificate is still there for whoever asks
            receipt = await house.receipts.find(number(claim.number), code(claim.code))
            assert receipt is not None
            assert receipt.session is None
        assert await house.lifecycle.view(other.session) is not None
        assert await house.keys.content_key(other.session, Epoch(1))
        places, known = await house.tombstones.known()
        assert all(place == known for place in places)
        assert await house.erasure.reapply() == 0
        owed = await house.database.read(
            lambda db: db.exec_driver_sql("SELECT fact, since_ms FROM notifications").all()
        )
        assert [tuple(row) for row in owed] == [("erased", stone.asked_ms)]  # once, and not lost


@pytest.mark.parametrize("where", ["note", "shred", "delete_all"])
async def test_who_died_in_the_midst_of_it_goes_on_at_the_next_start(
    house: House, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    """The tombstone comes first: from then on every start finishes what was begun."""
    session = await house.session()
    await house.file(session)
    part = {"note": house.tombstones, "shred": house.keys, "delete_all": house.blobs}[where]

    async def die(*_given: object, **_more: object) -> None:
        raise OSError("the power is gone")

    monkeypatch.setattr(part, where, die)
    with pytest.raises(OSError, match="power"):
        await house.erasure.erase(session.session, cause="person")
    monkeypatch.undo()
    assert await house.erasure.reapply() == 1
    await nothing_is_left(house, session.session)
    stone = await house.tombstones.find(hash_of(session.session))
    assert stone is not None
    assert stone.done_ms is not None
    assert await house.erasure.reapply() == 0


async def test_what_a_fault_cut_short_is_finished_by_itself(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The store was away for a moment: a round later the session is gone."""
    session = await house.session()

    async def away(*_given: object, **_more: object) -> None:
        raise Unknown("the store does not answer")

    monkeypatch.setattr(house.blobs, "delete_all", away)
    with pytest.raises(Unknown):
        await house.erasure.erase(session.session, cause="person")
    monkeypatch.undo()
    house.now.ms += STRAGGLER_MS
    await house.erasure.sweep()
    stone = await house.tombstones.find(hash_of(session.session))
    assert stone is not None
    assert stone.done_ms == house.now.ms
    await nothing_is_left(house, session.session)


async def test_a_code_has_no_second_reading(house: House) -> None:
    """OB-36: one letter off, two letters changed about: a slip, and never somebody else's."""
    session = await house.session()
    claim = await house.receipts.claim(session.session, session.token)
    assert claim is not None
    right = code(claim.code)
    slips = 0
    for place in range(len(right)):
        for other in "0Z7K":
            if other != right[place]:
                typed = right[:place] + other + right[place + 1 :]
                slips += read_code(typed) is None
                found = read_code(typed)
                assert (
                    found is None or await house.receipts.find(number(claim.number), found) is None
                )
    assert slips > 90  # all but one in a thousand are told at once
    assert await house.receipts.claim(session.session, "another token") is None
