"""Whom no advertising may reach: of each way to reach somebody a keyed hash, and nothing else.

It outlives the session in which somebody objected, for that is its purpose (Art. 21(3) GDPR), and
cannot be read: it can only be asked about somebody whose contact one has. The key is beside those
of sessions. It knows no name, for a name is not one person's.
"""

import hashlib
import hmac
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Final

from sqlalchemy import Connection, delete, func, insert, select
from sqlalchemy.exc import IntegrityError

from sessions.clock import Clock, wall_clock_ms
from sessions.contacts import Contact, readings
from sessions.counted import day_of
from sessions.database import Database
from sessions.house_keys import SUPPRESSION, HouseKeys
from sessions.protection_rows import SuppressedRow

MAX_CONTACTS: Final = 5  # of one objection, beside the receipt
_AT_ONCE: Final = 500  # hashes in one question to the database


class KeyLost(Exception):
    """There are entries and no key to ask them with: the key store of before is needed."""


class Suppression:
    def __init__(
        self, database: Database, keys: HouseKeys, *, now_ms: Clock = wall_clock_ms
    ) -> None:
        self._database = database
        self._keys = keys
        self._now_ms = now_ms

    async def add(self, contacts: Iterable[Contact], *, objection: str) -> None:
        """From now on these are on it, for as long as that objection stands. Again is no error.

        Raises KeyLost.
        """
        key = await self._key() or await self._keys.get(SUPPRESSION)
        since = day_of(self._now_ms()).isoformat()
        source = _hash(key, "objection", objection)
        wanted = {_hash(key, *contact) for contact in contacts}
        known = select(SuppressedRow.contact_hash).where(SuppressedRow.objection_hash == source)

        def job(db: Connection) -> None:
            rows = [
                {"contact_hash": one, "objection_hash": source, "since": since}
                for one in sorted(wanted - set(db.scalars(known)))
            ]
            if rows:
                db.execute(insert(SuppressedRow), rows).close()

        try:
            await self._database.write(job)
        except IntegrityError:  # the same was written at the same time
            await self._database.write(job)

    async def take_back(self, *, objection: str) -> None:
        """What that objection brought goes again, unless another one says the same."""
        key = await self._keys.find(SUPPRESSION)
        if key is None:
            return
        source = _hash(key, "objection", objection)
        gone = delete(SuppressedRow).where(SuppressedRow.objection_hash == source)
        await self._database.write(lambda db: db.execute(gone).close())

    async def remove(self, contact: str) -> bool:
        """Whoever objected, this contact is on it no longer; whether it was until now."""
        key = await self._key()
        hashes = [_hash(key, *one) for one in readings(contact)] if key else []
        gone = delete(SuppressedRow).where(SuppressedRow.contact_hash.in_(hashes))
        return await self._database.write(lambda db: db.execute(gone).rowcount) > 0

    async def among(self, contacts: Sequence[str]) -> list[bool | None]:
        """Of each, as somebody wrote it, whether no advertising may reach it; None: it is no
        contact. Raises KeyLost.
        """
        key = await self._key()
        asked = [readings(one) for one in contacts]
        hashes = [[_hash(key, *one) for one in several] if key else [] for several in asked]
        found = await self._found(list({one for several in hashes for one in several}))
        return [
            None if not read else not found.isdisjoint(several)
            for read, several in zip(asked, hashes, strict=True)
        ]

    # ---- inside

    async def _key(self) -> bytes | None:
        """None while nobody is on it."""
        key = await self._keys.find(SUPPRESSION)
        if key is None and await self._database.read(lambda db: db.scalar(_COUNT)):
            raise KeyLost
        return key

    async def _found(self, hashes: list[bytes]) -> set[bytes]:
        found: set[bytes] = set()
        for start in range(0, len(hashes), _AT_ONCE):
            some = hashes[start : start + _AT_ONCE]
            found |= await self._database.read(partial(_there, some))
        return found


_COUNT: Final = select(func.count()).select_from(SuppressedRow)


def _there(hashes: list[bytes], db: Connection) -> set[bytes]:
    wanted = select(SuppressedRow.contact_hash).where(SuppressedRow.contact_hash.in_(hashes))
    return set(db.scalars(wanted))


def _hash(key: bytes, sort: str, plain: str) -> bytes:
    return hmac.digest(key, f"visavis/1|suppressed|{sort}|{plain}".encode(), hashlib.sha256)
