"""What the accounts of PostgreSQL and Redis may do, on servers of the tests' own."""

import re
import subprocess
from pathlib import Path

import psycopg
import pytest

from sessions.migrations import ROWS, migrate
from tests.integration.deploy.edge import ROOT
from tests.integration.deploy.servers import Roles, say

# ---- PostgreSQL


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE mine (a int)", "CREATE SCHEMA mine", "CREATE ROLE mine",
        "CREATE TEMPORARY TABLE mine (a int)", "DROP TABLE events", "TRUNCATE events",
        "ALTER TABLE events ADD mine int", "COPY events TO PROGRAM 'true'",
        "SELECT pg_read_file('PG_VERSION')",
    ],
)  # fmt: skip
def test_a_node_can_only_read_and_write_rows(roles: Roles, statement: str) -> None:
    assert roles.refuses("visavis", "visavis", statement)


def test_a_node_can_do_all_that_it_does(roles: Roles) -> None:
    for statement in (
        "SELECT count(*) FROM events", "DELETE FROM events", "UPDATE sessions SET state = state",
    ):  # fmt: skip
        assert not roles.refuses("visavis", "visavis", statement)
    assert not roles.refuses("visavis_keys", "visavis_keys", "DELETE FROM key_store")
    # Every start migrates; where nothing is left to do, that needs no right to do it.
    migrate(roles.url("visavis", "visavis"), "main")
    migrate(roles.url("visavis_keys", "visavis_keys"), "keys")


def test_whoever_has_the_data_has_not_the_keys(roles: Roles) -> None:
    for role in ("visavis", "visavis_owner"):
        assert roles.refuses(role, "visavis_keys", "SELECT 1")
    for role in ("visavis_keys", "visavis_keys_owner"):
        assert roles.refuses(role, "visavis", "SELECT 1")


def test_who_reads_statistics_reads_nothing_else(roles: Roles) -> None:
    """OB-13: every table with anything of a session is closed to the role that reads counters."""

    def refuses(statement: str) -> bool:
        return roles.refuses("admin", "visavis", f"SET ROLE visavis_statistics; {statement}")

    counters = {"statistics", "statistics_noised"}
    for table in {*ROWS["main"].metadata.tables, "alembic_version"} - counters:
        assert refuses(f"SELECT count(*) FROM {table}"), table
    for table in counters:
        assert not refuses(f"SELECT count(*) FROM {table}"), table
        for statement in (f"DELETE FROM {table}", f"UPDATE {table} SET times = 1"):
            assert refuses(statement)
    assert roles.refuses("visavis_statistics", "visavis", "SELECT 1"), "nobody signs in as it"
    may = "SELECT has_database_privilege('visavis_statistics', 'visavis_keys', 'CONNECT')"
    assert roles.value("admin", "postgres", may) is False


def test_passwords_and_patience(roles: Roles) -> None:
    for role, database in (("visavis", "visavis"), ("visavis_keys", "visavis_keys")):
        for name, value in (
            ("synchronous_commit", "on"), ("statement_timeout", "5s"), ("lock_timeout", "2s"),
            ("idle_in_transaction_session_timeout", "10s"), ("log_statement", "none"),
            ("log_min_error_statement", "panic"),
        ):  # fmt: skip
            assert roles.value(role, database, f"SHOW {name}") == value, (role, name)
    stored = "SELECT count(*) FROM pg_authid WHERE rolname ~ '^visavis' AND rolpassword ~ '^SCRAM'"
    assert roles.value("admin", "postgres", stored) == 4


# ---- Redis


@pytest.mark.parametrize(
    "words",
    [
        "EVAL return(1) 0", "SCRIPT LOAD x", "CONFIG GET *", "CONFIG SET save 1", "KEYS *",
        "MONITOR", "SET visavis:a 1", "GET visavis:a", "PUBLISH other:a 1", "SUBSCRIBE other:a",
        "PSUBSCRIBE *", "PUBSUB CHANNELS", "ACL LIST", "CLIENT LIST", "FLUSHALL",
        "SAVE", "SHUTDOWN", "REPLICAOF a 1", "MODULE LIST",
    ],
)  # fmt: skip
def test_what_a_node_may_not_do_on_the_bus(bus: int, words: str) -> None:
    """AT-70: no script, no key, no configuration, no other channel, no look at the others."""
    assert say(bus, *words.split()).startswith("NOPERM")


def test_what_a_node_may(bus: int) -> None:
    assert say(bus, "PUBLISH", "visavis:0f", "x") == "0"
    assert say(bus, "SPUBLISH", "visavis:0f", "x") == "0"
    assert "NOPERM" not in say(bus, "TIME")


def test_nobody_without_a_name_may_anything(bus: int) -> None:
    """AT-70: the default user is off."""
    for words in (("PING",), ("PUBLISH", "visavis:0f", "x")):
        assert say(bus, *words, user=None).startswith("NOAUTH")


def test_nothing_is_kept(bus: int) -> None:
    assert "aof_enabled:0" in say(bus, "INFO", "persistence")
    assert "maxmemory_policy:noeviction" in say(bus, "INFO", "memory")


# ---- backup


def test_a_backup_comes_back_as_another_log(roles: Roles, tmp_path: Path) -> None:
    """F-30: restored as deploy/README says, clients notice: the log_epoch is another one."""
    dump, before = tmp_path / "visavis.dump", epoch(roles)
    words = ["--format=custom", f"--file={dump}", roles.url("visavis_owner", "visavis")]
    subprocess.run(["pg_dump", *words], check=True, capture_output=True)
    [statement] = re.findall(r"^UPDATE facts .*;$", (ROOT / "deploy/README.md").read_text(), re.M)
    into = f"--dbname={roles.url('visavis_owner', 'visavis')}"
    words = ["--clean", "--if-exists", "--no-owner", "--single-transaction", into, str(dump)]
    subprocess.run(["pg_restore", *words], check=True, capture_output=True)
    assert epoch(roles) == before
    with psycopg.connect(roles.url("visavis_owner", "visavis")) as owner:
        owner.execute(statement)
    assert re.fullmatch("[0-9a-f]{16}", epoch(roles))
    assert epoch(roles) != before
    # What came back belongs to the owner, and the nodes may use it as before.
    assert not roles.refuses("visavis", "visavis", "DELETE FROM events")
    assert roles.refuses("visavis", "visavis", "DROP TABLE events")


def epoch(roles: Roles) -> str:
    return str(
        roles.value("visavis", "visavis", "SELECT value FROM facts WHERE name = 'log_epoch'")
    )
