"""PostgreSQL, Redis and coturn with the files that we ship, on free ports, gone afterwards."""

import hashlib
import re
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import psycopg

from sessions.migrations import migrate
from tests import postgres
from tests.integration.deploy.edge import ROOT, free_port, needed
from tests.patience import PATIENCE_SECONDS

SECRETS: Final = ("postgres_owner", "postgres_app", "postgres_keys_owner", "postgres_keys_app")
PASSWORD: Final = "ein-langes-wort"
TURN_SECRET: Final = "noch-ein-langes-wort"


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
        self.durable(True)

    def durable(self, on: bool) -> None:
        """The tests' server does without fsync until it is told otherwise."""
        word = "on" if on else "off"
        with psycopg.connect(self.url("admin", "postgres"), autocommit=True) as admin:
            for name in ("fsync", "full_page_writes"):
                admin.execute(f"ALTER SYSTEM SET {name} = {word}")
            admin.execute("SELECT pg_reload_conf()")
        until = time.monotonic() + PATIENCE_SECONDS
        while self.value("admin", "postgres", "SHOW full_page_writes") != word:
            assert time.monotonic() < until
            time.sleep(0.02)

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
        wait_for(process, port, folder / "redis.log")
        yield port
    finally:
        process.kill()
        process.wait()


def wait_for(
    process: subprocess.Popen[bytes],
    port: int,
    log: Path,
    does: Callable[[int], bool] | None = None,
) -> None:
    """Until it takes connections, or does what it is asked."""
    until = time.monotonic() + PATIENCE_SECONDS
    while not (does or answers)(port):
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < until, log.read_text()
        time.sleep(0.02)


def answers_stun(port: int, host: str = "127.0.0.1") -> bool:
    """Whether a binding request (RFC 8489) comes back by UDP."""
    with socket.socket(type=socket.SOCK_DGRAM) as line:
        line.settimeout(0.5)
        try:
            line.connect((host, port))
            line.send(bytes.fromhex("000100002112a442") + bytes(12))
            return bool(line.recv(500))
        except OSError:
            return False


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


def turn_configuration(
    folder: Path, plain: int, tls: int, *, without: str = "$^", add: Sequence[str] = ()
) -> Path:
    """What we ship, with these ports and with the certificate that lies in `folder`.

    `without`: which of its lines to leave out.
    """
    text = (ROOT / "deploy/coturn/turnserver.conf").read_text()
    for before, after in (
        ("/etc/coturn/turn.crt", str(folder / "localhost.crt")),
        ("/etc/coturn/turn.key", str(folder / "key.pem")),
        ("listening-port=3478", f"listening-port={plain}"),
        ("tls-listening-port=5349", f"tls-listening-port={tls}"),
        ("/var/tmp/turnserver.pid", str(folder / "turn.pid")),
        ("TURN_SECRET", TURN_SECRET),
        ("TURN_REALM", "visavis.test"),
    ):
        assert before in text
        text = text.replace(before, after)
    kept = [line for line in text.splitlines() if not re.match(without, line)]
    configuration = folder / "turnserver.conf"
    configuration.write_text("\n".join([*kept, *add, ""]))
    return configuration


@contextmanager
def coturn(
    folder: Path, *, without: str = "$^", add: Sequence[str] = ()
) -> Iterator[tuple[int, int]]:
    """A TURN server with the configuration that we ship; its plain and its TLS port.

    `without`: which of its lines to leave out. The certificate lies in `folder`.
    """
    plain, tls = free_port(), free_port()
    configuration = turn_configuration(folder, plain, tls, without=without, add=add)
    with (folder / "turn.log").open("wb") as log:
        process = subprocess.Popen(
            [
                needed("turnserver", "coturn"), "-c", str(configuration),
                "--listening-ip=127.0.0.1", "--relay-ip=127.0.0.1", "--no-dtls",
            ],
            cwd=folder, stdout=log, stderr=log,
        )  # fmt: skip
    try:
        for port in (plain, tls):
            wait_for(process, port, folder / "turn.log")
        wait_for(process, plain, folder / "turn.log", answers_stun)
        yield plain, tls
    finally:
        process.kill()
        process.wait()
