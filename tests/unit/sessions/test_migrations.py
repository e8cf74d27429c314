"""Both trees: up, no drift against the rows, down again, and up once more."""

import sqlite3
from collections.abc import Iterable
from pathlib import Path

import pytest
from alembic import command

from sessions.database import DatabaseInUse
from sessions.events import SessionId
from sessions.migrations import ROWS, Tree, migrate, run
from sessions.receipts import hash_of
from sessions.sqlite import exclusive

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


BEFORE_NUMBERS = """
INSERT INTO sessions VALUES
    ('aa', 'active', 2, 1, NULL, 'de', 1, 2, NULL, NULL, 'x', x'01'),
    ('bb', 'ended', 1, 1, 'life', 'en', 1, 2, 3, 'hung_up', 'x', x'02');
INSERT INTO seats VALUES ('bb', 'p', 'prospect', NULL, x'03', x'04', 1, 1, NULL, NULL);
INSERT INTO events VALUES
    ('bb', 1, 'e1', 's', 5, 1, 9, x'b1'),
    ('aa', 1, 'e1', 's', 5, 1, 9, x'a1'), ('aa', 2, 'e2', 's', 5, 1, 9, x'a2');
"""


def rows(path: Path, tables: Iterable[str]) -> dict[str, list[dict[str, object]]]:
    """Everything in these tables, by the names of the columns."""
    connection = sqlite3.connect(path)
    connection.row_factory = sqlite3.Row
    read = {name: [*map(dict, connection.execute(f"SELECT * FROM {name}"))] for name in tables}
    assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    connection.close()
    return read


def test_the_numbers_of_sessions_come_and_go_with_every_row_kept(tmp_path: Path) -> None:
    """What was logged under the id of its session is under its number, and back again."""
    url, path = f"sqlite:///{tmp_path}/main.db", tmp_path / "main.db"
    names = ("sessions", "seats", "events")
    run(url, "main", lambda config: command.upgrade(config, "0001"))
    with sqlite3.connect(path) as connection:
        connection.executescript(BEFORE_NUMBERS)
    connection.close()
    before = rows(path, names)
    migrate(url, "main")
    run(url, "main", command.check)
    numbered = rows(path, names)
    of_number = {session["number"]: session["id"] for session in numbered["sessions"]}
    said = {(of_number[e["session_number"]], e["seq"], e["sealed"]) for e in numbered["events"]}
    assert said == {("aa", 1, b"\xa1"), ("aa", 2, b"\xa2"), ("bb", 1, b"\xb1")}
    assert [{name: row[name] for name in before["seats"][0]} for row in numbered["seats"]] == (
        before["seats"]
    )
    assert [(row["since_seq"], row["guest"]) for row in numbered["seats"]] == [(0, None)]
    run(url, "main", lambda config: command.downgrade(config, "0001"))
    assert rows(path, names) == before


def test_a_migration_leaves_no_copy_behind(tmp_path: Path) -> None:
    """What it wrote anew is not in the free pages as well, where no erasure would find it."""
    url, path = f"sqlite:///{tmp_path}/main.db", tmp_path / "main.db"
    run(url, "main", lambda config: command.upgrade(config, "0001"))
    with sqlite3.connect(path) as connection:
        connection.executescript(BEFORE_NUMBERS)
        connection.execute("UPDATE events SET sealed = CAST(session_id || '-canary' AS BLOB)")
    connection.close()
    migrate(url, "main")
    assert path.read_bytes().count(b"aa-canary") == 2


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


NEW_ROLES = """
INSERT INTO accounts (id, username, display_name, title, role, password_hash, created_ms)
VALUES ('a', 'a', 'A', '', 'advisor', 'x', 1), ('b', 'b', 'B', '', 'lead', 'x', 1),
       ('c', 'c', 'C', '', 'auditor', 'x', 1), ('d', 'd', 'D', '', 'admin', 'x', 1);
UPDATE accounts SET disabled_ms = 7 WHERE id = 'd';
"""


def test_on_the_way_down_nobody_has_a_role_that_the_release_before_lacks(tmp_path: Path) -> None:
    """OB-01: it would fail for everybody who lists accounts; leads advise, the others are out."""
    url, path = f"sqlite:///{tmp_path}/main.db", tmp_path / "main.db"
    migrate(url, "main")
    with sqlite3.connect(path) as connection:
        connection.executescript(NEW_ROLES)
    connection.close()
    run(url, "main", lambda config: command.downgrade(config, "0020"))
    found = {one["id"]: (one["role"], one["disabled_ms"]) for one in rows(path, ["accounts"])["accounts"]}  # fmt: skip  # noqa: E501
    assert found == {
        "a": ("advisor", None), "b": ("advisor", None), "c": ("officer", 1), "d": ("officer", 7),
    }  # fmt: skip


def test_who_received_something_before_is_a_recipient(tmp_path: Path) -> None:
    """OB-39: what an older release handed over is told of as well, from the first time on."""
    url, path = f"sqlite:///{tmp_path}/main.db", tmp_path / "main.db"
    migrate(url, "main")
    run(url, "main", lambda config: command.downgrade(config, "0021"))
    session, house = "5" * 32, "f" * 16
    columns = "id, session_id, sort, categories, state, asked_ms, asked_by, handed_ms, words"
    with sqlite3.connect(path) as connection:
        for id, handed_ms in (("a" * 16, 7), ("b" * 16, None)):
            values = (id, session, "court", "names", "approved", 1, "x", handed_ms, b"")
            connection.execute(
                f"INSERT INTO disclosures ({columns}) VALUES (?,?,?,?,?,?,?,?,?)", values
            )
        for seq, action in ((1, "transfer out"), (2, "transfer out"), (3, "transfer done")):
            link = (seq, 10 * seq, "x", action, f"{session} {house}", b"")
            connection.execute("INSERT INTO audit VALUES (?,?,?,?,?,?)", link)
    connection.close()
    migrate(url, "main")
    found = rows(path, ["recipients"])["recipients"]
    hashed = hash_of(SessionId(session))
    assert sorted((one["kind"], one["recipient"], one["received_ms"]) for one in found) == [
        ("authority", "a" * 16, 7), ("house", house, 10),
    ]  # fmt: skip
    assert {one["session_hash"] for one in found} == {hashed}
