"""Session keys from one house to another: sealed for its key alone, and bound to their session.

HPKE (RFC 9180) with X25519, HKDF-SHA256 and AES-256-GCM. What the session key sealed stays as it
is.
"""

from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from sqlalchemy import Connection, insert, select

from sessions.clock import Clock, wall_clock_ms
from sessions.database import Database
from sessions.envelope import SessionKey, Unreadable
from sessions.events import SessionId
from sessions.exit import Leave
from sessions.keys import MasterKeys, Shredded, WrappedKey
from sessions.models import KeyStoreRow
from sessions.ways import SUCCESSOR

_SUITE: Final = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
_PURPOSE: Final = "transfer"


class KeyHandover:
    def __init__(
        self, key_store: Database, master: MasterKeys, *, now_ms: Clock = wall_clock_ms
    ) -> None:
        self._key_store = key_store
        self._master = master
        self._now_ms = now_ms

    @property
    def public(self) -> bytes:
        """What others seal for; 32 bytes. Its secret follows from the newest master key."""
        return self._own()[0].public_key().public_bytes_raw()

    async def seal(self, leave: Leave, recipient: bytes) -> bytes:
        """The key of a session for that house alone. Raises Shredded; ValueError for no key."""
        leave.expect(SUCCESSOR)
        session = leave.session
        wanted = select(KeyStoreRow.wrapped, KeyStoreRow.master_version).where(
            KeyStoreRow.session_id == session
        )
        row = await self._key_store.read(lambda db: db.execute(wanted).one_or_none())
        if row is None:
            raise Shredded
        key = self._master.unwrap(WrappedKey(row.wrapped), row.master_version)
        public = X25519PublicKey.from_public_bytes(recipient)
        return _SUITE.encrypt(key, public, info=_bound(session))

    async def take(self, session: SessionId, sealed: bytes) -> None:
        """Have it from now on, under our own master key. Again is no error. Raises Unreadable."""
        row = {
            "session_id": session, "master_version": self._master.newest,
            "wrapped": self._master.wrap(self._opened(session, sealed)),
            "created_ms": self._now_ms(),
        }  # fmt: skip
        there = select(KeyStoreRow.session_id).where(KeyStoreRow.session_id == session)

        def job(db: Connection) -> None:
            if db.scalar(there) is None:
                db.execute(insert(KeyStoreRow), row).close()

        await self._key_store.write(job)

    def _opened(self, session: SessionId, sealed: bytes) -> SessionKey:
        for own in self._own():  # the master key may be another by now
            try:
                return SessionKey(_SUITE.decrypt(sealed, own, info=_bound(session)))
            except (InvalidTag, ValueError):
                continue
        raise Unreadable

    def _own(self) -> list[X25519PrivateKey]:
        return [
            X25519PrivateKey.from_private_bytes(secret) for secret in self._master.secrets(_PURPOSE)
        ]


def _bound(session: SessionId) -> bytes:
    return b"visavis/1|transfer|" + session.encode()
