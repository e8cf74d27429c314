"""Both trees on PostgreSQL: up, no drift against the rows, down again, and up once more."""

import subprocess
import sys
from collections.abc import Iterator

import psycopg
import pytest
from alembic import command

from sessions.database import Database
from sessions.migrations import ROWS, Tree, migrate, run
from tests.postgres import TREES, Postgres


@pytest.fixture
def empty(server: Postgres) -> Iterator[str]:
    """An empty database's URL."""
    server.order("CREATE DATABASE empty")
    yield server.url("empty")
    server.order("DROP DATABASE empty WITH (FORCE)")


def tables(url: str) -> set[str]:
    with psycopg.connect(url) as connection:
        found = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        return {name for (name,) in found} - {"alembic_version"}


@pytest.mark.parametrize("tree", TREES)
def test_up_without_drift_down_and_up(tree: Tree, empty: str) -> None:
    migrate(empty, tree)
    assert tables(empty) == set(ROWS[tree].metadata.tables)
    run(empty, tree, command.check)  # raises when rows and migrations differ
    migrate(empty, tree)  # a second time changes nothing
    run(empty, tree, lambda config: command.downgrade(config, "base"))
    assert tables(empty) == set()
    migrate(empty, tree)
    assert tables(empty) == set(ROWS[tree].metadata.tables)


def test_drift_would_be_seen(empty: str) -> None:
    migrate(empty, "main")
    with psycopg.connect(empty) as connection:
        connection.execute("CREATE TABLE surplus (id INTEGER)")
    with pytest.raises(Exception, match="surplus"):
        run(empty, "main", command.check)


def test_nodes_that_start_together_migrate_one_after_the_other(empty: str) -> None:
    """One epoch of the log, whoever made it."""
    program = "import sys; from sessions.migrations import migrate; migrate(sys.argv[1], 'main')"
    nodes = [subprocess.Popen([sys.executable, "-c", program, empty]) for _ in range(3)]
    assert [node.wait(60) for node in nodes] == [0, 0, 0]
    with psycopg.connect(empty) as connection:
        [(count,)] = connection.execute("SELECT count(*) FROM facts WHERE name = 'log_epoch'")
    assert count == 1


def test_a_database_without_tables_is_not_opened(empty: str) -> None:
    for tree in TREES:
        with pytest.raises(LookupError, match="migrate empty first"):
            Database.open(empty, rows=ROWS[tree])


def test_a_server_that_is_not_there_is_named(server: Postgres) -> None:
    nobody = "postgresql://visavis@127.0.0.1:1/x"
    with pytest.raises(ConnectionError, match="refused"):
        Database.open(nobody, rows=ROWS["main"])
    with pytest.raises(ConnectionError, match="refused"):
        migrate(nobody, "main")
    with pytest.raises(ConnectionError, match="does not exist"):
        migrate(server.url("nowhere"), "main")
