"""What a server keeps, written before it is started."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from sessions.database import Database
from sessions.keys import Keys, MasterKeys
from sessions.lifecycle import Lifecycle, Name, Started
from sessions.log import Log
from sessions.migrations import migrate
from sessions.models import KeyRow, Row


@dataclass(frozen=True, slots=True)
class Stores:
    database: Database
    keys: Keys
    log: Log
    lifecycle: Lifecycle

    async def start(self, number: int) -> Started:
        """The session of one more prospect, told from others by its number."""
        return await self.lifecycle.start(
            name=Name("Anna", "Beispiel"), topic=None, language="de", request=b"%d" % number
        )


@asynccontextmanager
async def stores_in(folder: Path) -> AsyncIterator[Stores]:
    """New databases and keys where `Server.start(folder)` will look for them."""
    data = folder / "var"
    data.mkdir(mode=0o700)
    urls = {name: f"sqlite:///{data}/{name}.db" for name in ("visavis", "keys")}
    migrate(urls["visavis"], "main")
    migrate(urls["keys"], "keys")
    database = Database.open(urls["visavis"], rows=Row)
    key_store = Database.open(urls["keys"], rows=KeyRow)
    keys = Keys(key_store, MasterKeys.load_or_create(data / "master.keys"))
    log = Log(database)
    try:
        yield Stores(database, keys, log, Lifecycle(database, log, keys))
    finally:
        await database.close()
        await key_store.close()
