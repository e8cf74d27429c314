"""Keys of the house that are no session's: in the key store, wrapped, and never shredded."""

from contextlib import suppress
from typing import Final

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from sessions.clock import Clock, wall_clock_ms
from sessions.database import Database
from sessions.envelope import new_session_key
from sessions.keys import MasterKeys, WrappedKey
from sessions.models import HouseKeyRow

SUPPRESSION: Final = "suppression"


class HouseKeys:
    def __init__(
        self, key_store: Database, master: MasterKeys, *, now_ms: Clock = wall_clock_ms
    ) -> None:
        self._key_store = key_store
        self._master = master
        self._now_ms = now_ms

    async def find(self, name: str) -> bytes | None:
        """Its 32 bytes, if it was made. Raises Unreadable, LookupError: see MasterKeys.unwrap."""
        wanted = select(HouseKeyRow.__table__).where(HouseKeyRow.name == name)
        row = await self._key_store.read(lambda db: db.execute(wanted).one_or_none())
        return None if row is None else self._master.unwrap(row.wrapped, row.master_version)

    async def get(self, name: str) -> bytes:
        """The same; made when it is first wanted."""
        found = await self.find(name)
        if found is not None:
            return found
        wrapped: WrappedKey = self._master.wrap(new_session_key())
        row = {
            "name": name, "master_version": self._master.newest, "wrapped": wrapped,
            "created_ms": self._now_ms(),
        }  # fmt: skip
        with suppress(IntegrityError):  # another node was faster
            await self._key_store.write(lambda db: db.execute(insert(HouseKeyRow), row).close())
        found = await self.find(name)
        assert found is not None
        return found
