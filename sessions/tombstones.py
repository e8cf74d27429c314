"""Tombstones: what was erased and when, kept in three places that are never restored together.

Beside the data, beside the keys, and beside the blobs: whichever comes back from a backup, another
still knows. A tombstone holds times, counts and hashes, nothing of a person.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Final, Literal

import orjson
from sqlalchemy import Connection, delete, insert, select, update

from sessions.blobs import Blobs
from sessions.database import Database
from sessions.models import KeyTombstoneRow, ReceiptRow, TombstoneRow

Cause = Literal["person", "operator", "retention", "transfer"]
_NOTES: Final = "tombstones"  # the folder of them among the blobs


@dataclass(frozen=True, slots=True)
class Tombstone:
    """One erased session; times are None for what was not done yet."""

    session_hash: bytes
    cause: Cause
    asked_ms: int
    key_ms: int | None = None  # from then on nothing of it can be read
    done_ms: int | None = None
    events: int = 0
    seats: int = 0
    files: int = 0
    file_bytes: int = 0  # sealed
    number: str | None = None  # of its receipt, and the hash of the code: the certificate stays
    code_hash: str | None = None

    @property
    def facts(self) -> str:
        known = asdict(self)
        del known["session_hash"]
        return orjson.dumps(known).decode()

    @classmethod
    def read(cls, session_hash: bytes, facts: str | bytes) -> "Tombstone":
        return cls(session_hash, **orjson.loads(facts))


class Tombstones:
    def __init__(self, database: Database, key_store: Database, blobs: Blobs) -> None:
        self._database = database
        self._key_store = key_store
        self._blobs = blobs

    async def find(self, session_hash: bytes) -> Tombstone | None:
        """What is known of a session that was erased, if it was."""
        wanted = select(TombstoneRow.facts).where(TombstoneRow.session_hash == session_hash)
        facts = await self._database.read(lambda db: db.scalar(wanted))
        return None if facts is None else Tombstone.read(session_hash, facts)

    async def note(self, stone: Tombstone) -> None:
        """Keep it where no restored database forgets it. Raises Unknown."""
        await self._blobs.put_note(_NOTES, stone.session_hash.hex(), stone.facts.encode())

    async def keep(self, stone: Tombstone) -> None:
        """Keep it everywhere, as it is now."""
        await self._key_store.write(lambda db: put_beside_keys(db, stone))
        await self._database.write(lambda db: put(db, stone))
        await self.note(stone)

    async def known(self) -> tuple[list[set[bytes]], set[bytes]]:
        """What each of the three places knows, and what all know together."""
        here, beside = select(TombstoneRow.session_hash), select(KeyTombstoneRow.session_hash)
        places = [
            await self._database.read(lambda db: set(db.scalars(here))),
            await self._key_store.read(lambda db: set(db.scalars(beside))),
            set(map(bytes.fromhex, await self._blobs.notes(_NOTES))),
        ]
        return places, set().union(*places)

    async def unfinished(self) -> list[Tombstone]:
        """What was begun and not done, or not known to be."""
        open_ = select(TombstoneRow.__table__).where(TombstoneRow.facts.contains('"done_ms":null'))
        rows = await self._database.read(lambda db: db.execute(open_).all())
        return [Tombstone.read(row.session_hash, row.facts) for row in rows]

    async def load(self, hashes: Iterable[bytes]) -> list[Tombstone]:
        """Tombstones from wherever they are known."""
        return [await self._load(one) for one in hashes]

    async def _load(self, session_hash: bytes) -> Tombstone:
        found = await self.find(session_hash)
        if found is not None:
            return found
        wanted = select(KeyTombstoneRow.facts).where(KeyTombstoneRow.session_hash == session_hash)
        facts: str | bytes | None = await self._key_store.read(lambda db: db.scalar(wanted))
        if facts is None:
            facts = await self._blobs.note(_NOTES, session_hash.hex())
        return Tombstone.read(session_hash, facts)


async def list_notes(blobs: Blobs) -> list[Tombstone]:
    """All tombstones that are noted beside the blobs. Raises Unknown."""
    names = sorted(await blobs.notes(_NOTES))
    return [Tombstone.read(bytes.fromhex(one), await blobs.note(_NOTES, one)) for one in names]


async def add_notes(blobs: Blobs, stones: Iterable[Tombstone]) -> int:
    """Note those that are not noted yet; how many. The next start does what they say."""
    known, count = await blobs.notes(_NOTES), 0
    for stone in stones:
        if stone.session_hash.hex() not in known:
            await blobs.put_note(_NOTES, stone.session_hash.hex(), stone.facts.encode())
            count += 1
    return count


def put_stone(db: Connection, stone: Tombstone) -> None:
    """Into the main database: from now on it is being erased."""
    gone = delete(TombstoneRow).where(TombstoneRow.session_hash == stone.session_hash)
    db.execute(gone).close()
    row = {"session_hash": stone.session_hash, "facts": stone.facts}
    db.execute(insert(TombstoneRow), row).close()


def put(db: Connection, stone: Tombstone) -> None:
    """The same, with the receipt that leads to the certificate."""
    put_stone(db, stone)
    here = ReceiptRow.session_hash == stone.session_hash
    if db.execute(update(ReceiptRow).where(here).values(session_id=None)).rowcount:
        return
    if stone.number is not None and stone.code_hash is not None:  # the backup did not know it yet
        receipt = {
            "number": stone.number, "code_hash": bytes.fromhex(stone.code_hash),
            "session_hash": stone.session_hash, "created_ms": stone.asked_ms,
        }  # fmt: skip
        db.execute(insert(ReceiptRow), receipt).close()


def put_beside_keys(db: Connection, stone: Tombstone) -> None:
    """Into the key store."""
    gone = delete(KeyTombstoneRow).where(KeyTombstoneRow.session_hash == stone.session_hash)
    db.execute(gone).close()
    row = {"session_hash": stone.session_hash, "facts": stone.facts}
    db.execute(insert(KeyTombstoneRow), row).close()
