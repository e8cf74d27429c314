"""Both trees: up, no drift against the rows, down again, and up once more."""

import sqlite3
from pathlib import Path

import pytest
from alembic import command

from sessions.database import DatabaseInUse, exclusive
from sessions.migrations import ROWS, Tree, migrate, run

TREES: tuple[Tree, ...] = ("main", "keys")


def tables(path: Path) -> set[str]:
    with sqlite3.connect(path) as connection:
        found = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
    connection.close()
    return {name for name in found if not name.startswith(("sqlite_", "alembic_", "ix_"))}


@pytest.mark.parametrize("tree", TREES)
def test_up_without_drift_down_and_up(tree: Tree, tmp_path: Path) -> None:
    path = tmp_path / "a%b.db"
    url = f"sqlite:///{path}"
    migrate(url, tree)
    assert tables(path) == set(ROWS[tree].metadata.tables)
    run(url, tree, command.check)  # raises when rows and migrations differ
    migrate(url, tree)  # a second time changes nothing
    run(url, tree, lambda config: command.downgrade(config, "base"))
    assert tables(path) == set()
    migrate(url, tree)
    assert tables(path) == set(ROWS[tree].metadata.tables)


@pytest.mark.parametrize("tree", TREES)
def test_drift_would_be_seen(tree: Tree, tmp_path: Path) -> None:
    path = tmp_path / "main.db"
    migrate(f"sqlite:///{path}", tree)
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE surplus (id INTEGER)")
    connection.close()
    with pytest.raises(Exception, match="surplus"):
        run(f"sqlite:///{path}", tree, command.check)


def test_the_log_epoch_is_of_this_database(tmp_path: Path) -> None:
    epochs = set()
    for name in ("one.db", "two.db"):
        migrate(f"sqlite:///{tmp_path}/{name}", "main")
        connection = sqlite3.connect(tmp_path / name)
        epochs |= set(connection.execute("SELECT value FROM facts WHERE name='log_epoch'"))
        connection.close()
    assert len(epochs) == 2


def test_a_migration_needs_the_file_alone(tmp_path: Path) -> None:
    with exclusive(tmp_path / "main.db"), pytest.raises(DatabaseInUse):
        migrate(f"sqlite:///{tmp_path}/main.db", "main")
