"""One server for all of these tests, and fresh databases on it for each.

Fixtures that are named like those of the unit tests let the same tests run here.
"""

import itertools
from collections.abc import AsyncIterator, Iterator

import pytest

from sessions.database import Database
from sessions.migrations import Tree
from sessions.models import KeyRow, Row
from tests.postgres import Postgres, running
from tests.unit.sessions.conftest import (
    Now,
    accounts,
    database,
    key_database,
    keys,
    lifecycle,
    log,
    now,
)

__all__ = ["Now", "accounts", "database", "key_database", "keys", "lifecycle", "log", "now"]

_numbers = itertools.count(1)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the tests that are about files; they come along when a module's are taken over."""
    kept = [item for item in items if not _about_files(item)]
    config.hook.pytest_deselected(items=[item for item in items if _about_files(item)])
    items[:] = kept


def _about_files(item: pytest.Item) -> bool:
    if __package__.replace(".", "/") not in item.nodeid:
        return False
    return bool({"folder", "migrated"} & set(getattr(item, "fixturenames", ())))


@pytest.fixture(scope="session")
def server() -> Iterator[Postgres]:
    with running() as server:
        yield server


@pytest.fixture
def urls(server: Postgres) -> Iterator[dict[Tree, str]]:
    with server.databases(f"test{next(_numbers)}") as urls:
        yield urls


@pytest.fixture
async def other_database(urls: dict[Tree, str]) -> AsyncIterator[Database]:
    """The same, as another node has it open."""
    database = Database.open(urls["main"], rows=Row)
    yield database
    await database.close()


@pytest.fixture
async def other_key_database(urls: dict[Tree, str]) -> AsyncIterator[Database]:
    database = Database.open(urls["keys"], rows=KeyRow)
    yield database
    await database.close()
