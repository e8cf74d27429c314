"""What the accounts of PostgreSQL and Redis may do, on servers of the tests' own."""

import hashlib
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import psycopg
import pytest

from sessions.migrations import migrate
from tests import postgres
from tests.integration.deploy.edge import ROOT, free_port, needed

SECRETS: Final = ("postgres_owner", "postgres_app", "postgres_keys_owner", "postgres_keys_app")
PASSWORD: Final = "ein-langes-wort"
PATIENCE_SECONDS: Final = 15


# ---- PostgreSQL


class Roles:
    """A server on which roles.sql was run, and the tables were made by their owners."""

    def __init__(self, server: postgres.Postgres, folder: Path) -> None:
        self._port = server.port
        for name in SECRETS:
            (folder / name).write_text(name)
        # The tests' server calls its superuser as we call the nodes: make room for ours.
        server.order("CREATE ROLE admin SUPERUSER LOGIN")
        with psycopg.connect(self.url("admin", "postgres"), autocommit=True) as admin:
            admin.execute("ALTER ROLE visavis RENAME TO before")
        words = ["-X", "-q", "-v", f"secrets={folder}", "-f", f"{ROOT}/deploy/postgres/roles.sql"]
        subprocess.run(
            [needed("psql", "postgresql-client"), *words, self.url("admin", "postgres")],
            check=True, capture_output=True,
        )  # fmt: skip
        migrate(self.url("visavis_owner", "visavis"), "main")
        migrate(self.url("visavis_keys_owner", "visavis_keys"), "keys")

    def url(self, role: str, database: str) -> str:
        return f"postgresql://{role}@127.0.0.1:{self._port}/{database}"

    def refuses(self, role: str, database: str, statement: str) -> bool:
        try:
            with psycopg.connect(self.url(role, database)) as connection:
                connection.execute(statement)
        except (psycopg.errors.InsufficientPrivilege, psycopg.OperationalError):
            return True
        return False

    def value(self, role: str, database: str, statement: str) -> object:
        with psycopg.connect(self.url(role, database)) as connection:
            row = connection.execute(statement).fetchone()
        assert row is not None
        return row[0]


@pytest.fixture(scope="module")
def roles(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Roles]:
    with postgres.running() as server:
        yield Roles(server, tmp_path_factory.mktemp("secrets"))


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


@contextmanager
def redis(folder: Path, *words: str, acl: bool = True) -> Iterator[int]:
    """A server with the configuration that we ship; its port."""
    port = free_port()
    text = (ROOT / "deploy/redis/redis.conf").read_text()
    if not acl:
        text = text.replace("aclfile ", "# aclfile ").replace('save ""', "")
    users = folder / "users.acl"
    shipped = (ROOT / "deploy/redis/users.acl").read_text()
    users.write_text(
        shipped.replace("PASSWORD_SHA256", hashlib.sha256(PASSWORD.encode()).hexdigest())
    )
    configuration = folder / "redis.conf"
    configuration.write_text(text.replace("/etc/visavis-redis/users.acl", str(users)))
    with (folder / "redis.log").open("wb") as log:
        process = subprocess.Popen(
            [
                needed("redis-server", "redis-server"), str(configuration), "--port", str(port),
                "--bind", "127.0.0.1", "--dir", str(folder), *words,
            ],
            stdout=log, stderr=log,
        )  # fmt: skip
    try:
        until = time.monotonic() + PATIENCE_SECONDS
        while not answers(port):
            assert process.poll() is None, (folder / "redis.log").read_text()
            assert time.monotonic() < until
            time.sleep(0.02)
        yield port
    finally:
        process.kill()
        process.wait()


def answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


def say(port: int, *words: str, user: str | None = "visavis") -> str:
    """What Redis answers to one command."""
    whom = ["--user", user, "--pass", PASSWORD, "--no-auth-warning"] if user else []
    program = needed("redis-cli", "redis-tools")
    done = subprocess.run(
        [program, "-p", str(port), *whom, *words], capture_output=True, text=True, check=False,
        timeout=10,
    )  # fmt: skip
    return (done.stdout + done.stderr).strip()


@pytest.fixture(scope="module")
def bus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with redis(tmp_path_factory.mktemp("redis")) as port:
        yield port


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
