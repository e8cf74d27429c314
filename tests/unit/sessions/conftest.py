"""Migrated databases for the tests; each gets its own copy of one that was migrated once."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sessions.database import Database
from sessions.migrations import migrate
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
async def database(folder: Path) -> AsyncIterator[Database]:
    database = Database.open(f"sqlite:///{folder}/main.db", rows=Row)
    yield database
    await database.close()


@pytest.fixture
async def key_database(folder: Path) -> AsyncIterator[Database]:
    database = Database.open(f"sqlite:///{folder}/keys.db", rows=KeyRow)
    yield database
    await database.close()
