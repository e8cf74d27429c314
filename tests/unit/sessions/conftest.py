"""What the tests of sessions are given: migrated databases and what stands on them.

Each test gets its own copy of a database that was migrated once.
"""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sessions.accounts import Accounts
from sessions.database import Database
from sessions.keys import Keys, MasterKeys
from sessions.lifecycle import Lifecycle
from sessions.log import Log
from sessions.migrations import Tree, migrate
from sessions.models import KeyRow, Row


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a fresh `main.db` and `keys.db`."""
    folder = tmp_path_factory.mktemp("migrated")
    migrate(f"sqlite:///{folder}/main.db", "main")
    migrate(f"sqlite:///{folder}/keys.db", "keys")
    return folder


@pytest.fixture
def folder(migrated: Path, tmp_path: Path) -> Path:
    for name in ("main.db", "keys.db"):
        shutil.copy(migrated / name, tmp_path)
    return tmp_path


@pytest.fixture
def urls(folder: Path) -> dict[Tree, str]:
    """Both databases of this test; the same tests run over a server, where these lead there."""
    return {"main": f"sqlite:///{folder}/main.db", "keys": f"sqlite:///{folder}/keys.db"}


@pytest.fixture
async def database(urls: dict[Tree, str]) -> AsyncIterator[Database]:
    database = Database.open(urls["main"], rows=Row)
    yield database
    await database.close()


@pytest.fixture
async def key_database(urls: dict[Tree, str]) -> AsyncIterator[Database]:
    database = Database.open(urls["keys"], rows=KeyRow)
    yield database
    await database.close()


class Now:
    """A clock that stands until a test moves it."""

    def __init__(self) -> None:
        self.ms = 1_000_000

    def __call__(self) -> int:
        return self.ms


@pytest.fixture
def now() -> Now:
    return Now()


@pytest.fixture
def log(database: Database, now: Now) -> Log:
    return Log(database, now_ms=now)


@pytest.fixture
def keys(key_database: Database) -> Keys:
    return Keys(key_database, MasterKeys({1: bytes(32)}))


@pytest.fixture
def accounts(database: Database, now: Now) -> Accounts:
    return Accounts(database, now_ms=now)


@pytest.fixture
def lifecycle(database: Database, log: Log, keys: Keys, now: Now) -> Lifecycle:
    return Lifecycle(database, log, keys, now_ms=now)
