"""As much of a node as a command needs while none serves: databases, keys and blobs.

It opens and closes; what is done with them is the command's affair.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NamedTuple

from sessions.audit import Audit
from sessions.blobs import Blobs
from sessions.database import Database
from sessions.exit import Exit
from sessions.keys import Keys, MasterKeys
from sessions.models import KeyRow, Row
from web.settings import Settings
from web.staff import OrderFailed


class House(NamedTuple):
    """What lies in the house."""

    database: Database
    key_store: Database
    keys: Keys
    blobs: Blobs

    @property
    def exit(self) -> Exit:
        return Exit(self.database, Audit(self.database))


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[House]:
    """Open it for this process. Raises OrderFailed, DatabaseInUse, ConnectionError."""
    if not settings.master_keys.exists():
        raise OrderFailed("There is no key file here.")
    try:
        database = Database.open(settings.database, rows=Row)
    except LookupError:
        raise OrderFailed("The database is not set up yet: run `visavis migrate`.") from None
    try:
        key_store = Database.open(settings.key_store, rows=KeyRow)
        try:
            keys = Keys(key_store, MasterKeys.load_or_create(settings.master_keys))
            yield House(
                database, key_store, keys, Blobs.open(settings.blobs, settings.blobs_access)
            )
        finally:
            await key_store.close()
    finally:
        await database.close()
