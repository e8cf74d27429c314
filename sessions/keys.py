"""Session keys: created, wrapped under the master key, handed out, wrapped anew, shredded.

Shredding a key makes everything its session ever sealed unreadable, wherever copies of it lie.
It does not know who may have a key; whoever asks has been checked.
"""

import time
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple, NewType

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap
from sqlalchemy import Connection, delete, insert, select, update

from sessions import keyfile
from sessions.clock import Clock, wall_clock_ms
from sessions.database import Database
from sessions.envelope import (
    NONCE_BYTES,
    ContentKey,
    Sealer,
    SessionKey,
    Unreadable,
    archive_key,
    content_key,
    name_key,
    new_nonce,
    new_session_key,
    note_key,
    pad,
    seal_as_server,
)
from sessions.events import Envelope, Epoch, EventId, FileId, ParticipantId, SessionId
from sessions.models import HouseKeyRow, KeyStoreRow

MasterKey = NewType("MasterKey", bytes)
WrappedKey = NewType("WrappedKey", bytes)

CACHE_SECONDS: Final = 600.0
MAX_CACHED: Final = 4_096
REWRAPPED_AT_ONCE: Final = 500


class Shredded(Exception):
    """The session's key is gone for good, or never was; nothing it sealed can be read."""


class Signature(NamedTuple):
    """A signature (Ed25519, RFC 8032), and the public key that it is checked with."""

    key: bytes
    value: bytes

    def signs(self, data: bytes) -> bool:
        """Whether it is one of this data; whose key that is, is for others to know."""
        try:
            Ed25519PublicKey.from_public_bytes(self.key).verify(self.value, data)
        except (InvalidSignature, ValueError):
            return False
        return True


class MasterKeys:
    """The master keys by version; the newest wraps, all unwrap. Losing one raises LookupError."""

    def __init__(self, versions: Mapping[int, bytes]) -> None:
        self._versions = {version: MasterKey(key) for version, key in versions.items()}
        self.newest: Final = max(versions)

    @classmethod
    def load_or_create(cls, path: Path | str) -> "MasterKeys":
        """From the key file, made on the first run. Raises keyfile.UnsafeKeyFile."""
        return cls(keyfile.load_or_create(Path(path)))

    def wrap(self, key: SessionKey) -> WrappedKey:
        """AES Key Wrap (RFC 3394), 40 bytes, under the newest version."""
        return WrappedKey(aes_key_wrap(self._versions[self.newest], key))

    def unwrap(self, wrapped: WrappedKey, version: int) -> SessionKey:
        """Raises Unreadable if it was altered, LookupError if that version is not in the file."""
        if version not in self._versions:
            raise LookupError(f"version {version} of the master key is missing")
        try:
            return SessionKey(aes_key_unwrap(self._versions[version], wrapped))
        except (InvalidUnwrap, ValueError):
            raise Unreadable from None

    def secrets(self, purpose: str) -> list[bytes]:
        """A 32-byte secret of the server for this purpose from each version, newest first."""
        info = f"visavis/1|secret|{purpose}".encode()
        newest_first = sorted(self._versions, reverse=True)
        return [
            HKDF(SHA256(), 32, salt=None, info=info).derive(self._versions[version])
            for version in newest_first
        ]

    def sign(self, data: bytes) -> Signature:
        """Sign as this house, with a key that follows from the newest master key."""
        key = Ed25519PrivateKey.from_private_bytes(self.secrets("signature")[0])
        return Signature(key.public_key().public_bytes_raw(), key.sign(data))

    def public_keys(self) -> list[bytes]:
        """What signatures of this house are checked with, the newest first; 32 bytes each."""
        return [
            Ed25519PrivateKey.from_private_bytes(secret).public_key().public_bytes_raw()
            for secret in self.secrets("signature")
        ]


class Keys:
    def __init__(
        self,
        database: Database,
        master: MasterKeys,
        *,
        now_ms: Clock = wall_clock_ms,
        monotonic_seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._master = master
        self._now_ms = now_ms
        self._seconds = monotonic_seconds
        self._cache: dict[SessionId, tuple[SessionKey, float]] = {}  # until, oldest first
        self._shreds = 0
        self.shredded: Callable[[SessionId], None] = lambda _session: None  # tell other nodes

    async def create(self, session: SessionId) -> None:
        """A key for a new session; before anything of it is stored."""
        row = {
            "session_id": session,
            "master_version": self._master.newest,
            "wrapped": self._master.wrap(new_session_key()),
            "created_ms": self._now_ms(),
        }
        await self._database.write(lambda db: db.execute(insert(KeyStoreRow), row).close())

    async def content_key(self, session: SessionId, epoch: Epoch) -> ContentKey:
        """What participants of this epoch get. Raises Shredded."""
        return content_key(await self._session_key(session), session, epoch)

    async def seal_event(
        self,
        session: SessionId,
        epoch: Epoch,
        kind: str,
        body: dict[str, Any],
        *,
        id: EventId | None = None,
    ) -> Envelope:
        """An event of the server itself, ready to be logged. Raises Shredded."""
        key = await self.content_key(session, epoch)
        return seal_as_server(kind, body, session=session, epoch=epoch, key=key, id=id)

    async def shred(
        self, session: SessionId, *, also: Callable[[Connection], None] = lambda _db: None
    ) -> None:
        """Destroy the key: row, write-ahead log, cache. Again is no error.

        `also` is done in the same transaction.
        """
        self._forget(session)
        gone = delete(KeyStoreRow).where(KeyStoreRow.session_id == session)

        def job(db: Connection) -> None:
            db.execute(gone).close()
            also(db)

        await self._database.write(job)
        self._forget(session)
        await self._database.checkpoint()
        self.shredded(session)

    async def missing(self, sessions: Collection[SessionId]) -> set[SessionId]:
        """Which of these sessions have no key any more."""
        there = select(KeyStoreRow.session_id).where(KeyStoreRow.session_id.in_(sessions))
        found = await self._database.read(lambda db: set(db.scalars(there)))
        return set(sessions) - found

    async def sessions(self) -> set[SessionId]:
        """All that have a key."""
        every = select(KeyStoreRow.session_id)
        return await self._database.read(lambda db: set(map(SessionId, db.scalars(every))))

    def forget(self, session: SessionId) -> None:
        """Another node shredded this key: have it no longer."""
        self._forget(session)

    def forget_all(self) -> None:
        """Perhaps one was shredded: look into the key store before any is used again."""
        self._shreds += 1
        self._cache.clear()

    async def check(self) -> None:
        """Raises whatever keeps the key store from answering now."""
        some = select(KeyStoreRow.session_id).limit(1)
        await self._database.read(lambda db: db.execute(some).close())

    def expect_own(self) -> None:
        """Raises UnsafeKeyFile if the newest keys were all wrapped under other master keys.

        A node with a key file of its own could read nothing of the others, nor they of it.
        """
        newest = (
            select(KeyStoreRow.wrapped, KeyStoreRow.master_version)
            .order_by(KeyStoreRow.created_ms.desc())
            .limit(3)  # one may be damaged
        )
        rows = self._database.read_now(lambda db: db.execute(newest).all())
        if rows and not any(self._is_own(WrappedKey(row[0]), row[1]) for row in rows):
            raise keyfile.UnsafeKeyFile(
                "these are not the master keys of this key store: copy the key file of another node"
            )

    def _is_own(self, wrapped: WrappedKey, version: int) -> bool:
        try:
            self._master.unwrap(wrapped, version)
        except (Unreadable, LookupError):
            return False
        return True

    async def seal_name(self, session: SessionId, participant: ParticipantId, text: str) -> bytes:
        """A name for the database, readable by the server alone and only at this seat."""
        key = name_key(await self._session_key(session), session)
        return _sealed(key, text, _place(session, participant))

    async def open_name(self, session: SessionId, participant: ParticipantId, sealed: bytes) -> str:
        """Raises Shredded, or Unreadable if it was altered or belongs to another seat."""
        key = name_key(await self._session_key(session), session)
        return _opened(key, sealed, _place(session, participant))

    async def seal_note(self, session: SessionId, place: str, text: str) -> bytes:
        """A text to keep beside the log, readable by the server alone and only at this place.

        Raises Shredded.
        """
        key = note_key(await self._session_key(session), session)
        return _sealed(key, text, _note(session, place))

    async def open_note(self, session: SessionId, place: str, sealed: bytes) -> str:
        """Raises Shredded, or Unreadable if it was altered or belongs to another place."""
        key = note_key(await self._session_key(session), session)
        return _opened(key, sealed, _note(session, place))

    async def recording(self, session: SessionId, part: FileId) -> Sealer:
        """What seals and opens a part of a recording, under the archive key. Raises Shredded."""
        key = archive_key(await self._session_key(session), session)
        return Sealer.of_recording(key, session, part)

    def secret(self, purpose: str) -> bytes:
        """32 bytes for tickets, forms and seat tokens; another for each purpose."""
        return self.secrets(purpose)[0]

    def secrets(self, purpose: str) -> list[bytes]:
        """`secret`, and what it was under older master keys, for what was made then."""
        return self._master.secrets(purpose)

    @property
    def master(self) -> MasterKeys:
        """What signs as this house."""
        return self._master

    async def rewrap(self) -> int:
        """Wrap every key under the newest master key; how many there were. Content stays as is."""
        count = 0
        while some := await self._database.write(self._rewrap_some):
            count += some
        count += await self._database.write(self._rewrap_of_house)
        await self._database.checkpoint()
        return count

    def _rewrap_some(self, db: Connection) -> int:
        """Few enough that nobody who writes meanwhile has to wait for long."""
        old = (
            select(KeyStoreRow.session_id, KeyStoreRow.wrapped, KeyStoreRow.master_version)
            .where(KeyStoreRow.master_version != self._master.newest)
            .limit(REWRAPPED_AT_ONCE)
            .with_for_update()
        )
        rows = db.execute(old).all()
        for session, wrapped, version in rows:
            anew = self._master.wrap(self._master.unwrap(WrappedKey(wrapped), version))
            db.execute(
                update(KeyStoreRow)
                .where(KeyStoreRow.session_id == session)
                .values(wrapped=anew, master_version=self._master.newest)
            )
        return len(rows)

    def _rewrap_of_house(self, db: Connection) -> int:
        old = select(HouseKeyRow.__table__).where(HouseKeyRow.master_version != self._master.newest)
        rows = db.execute(old.with_for_update()).all()
        for row in rows:
            anew = self._master.wrap(self._master.unwrap(row.wrapped, row.master_version))
            values = {"wrapped": anew, "master_version": self._master.newest}
            db.execute(update(HouseKeyRow).where(HouseKeyRow.name == row.name).values(values))
        return len(rows)

    async def _session_key(self, session: SessionId) -> SessionKey:
        while True:
            key, until = self._cache.get(session, (None, 0.0))
            if key is not None and self._seconds() < until:
                return key
            before = self._shreds
            key = await self._read(session)
            if self._shreds == before:  # else it may be the one that was shredded meanwhile
                self._remember(session, key)
                return key

    async def _read(self, session: SessionId) -> SessionKey:
        wanted = select(KeyStoreRow.wrapped, KeyStoreRow.master_version).where(
            KeyStoreRow.session_id == session
        )
        row = await self._database.read(lambda db: db.execute(wanted).one_or_none())
        if row is None:
            raise Shredded
        return self._master.unwrap(WrappedKey(row.wrapped), row.master_version)

    def _remember(self, session: SessionId, key: SessionKey) -> None:
        self._cache.pop(session, None)
        self._cache[session] = (key, self._seconds() + CACHE_SECONDS)
        while len(self._cache) > MAX_CACHED or self._oldest_is_over():
            del self._cache[next(iter(self._cache))]

    def _oldest_is_over(self) -> bool:
        _, until = next(iter(self._cache.values()))
        return until <= self._seconds()

    def _forget(self, session: SessionId) -> None:
        self._shreds += 1
        self._cache.pop(session, None)


def _place(session: SessionId, participant: ParticipantId) -> bytes:
    return b"name" + bytes.fromhex(session) + bytes.fromhex(participant)


def _note(session: SessionId, place: str) -> bytes:
    return b"note" + bytes.fromhex(session) + place.encode()


def _sealed(key: bytes, text: str, place: bytes) -> bytes:
    written = text.encode()
    clear = pad(len(written).to_bytes(4, "big") + written)  # names would differ in length
    nonce = new_nonce()
    return nonce + AESGCM(key).encrypt(nonce, clear, place)


def _opened(key: bytes, sealed: bytes, place: bytes) -> str:
    nonce, rest = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
    try:
        clear = AESGCM(key).decrypt(nonce, rest, place)
    except (InvalidTag, ValueError):
        raise Unreadable from None
    return clear[4 : 4 + int.from_bytes(clear[:4], "big")].decode()
