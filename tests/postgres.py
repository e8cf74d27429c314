"""A PostgreSQL server of the tests' own: on a free port, in a temporary folder, gone afterwards.

It can be restarted, killed and frozen. Each test gets databases copied from migrated ones.
"""

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psycopg
import pytest

from sessions.migrations import Tree, migrate
from tests.patience import PATIENCE_SECONDS

TREES: Final[tuple[Tree, ...]] = ("main", "keys")
_PROGRAMS: Final = Path("/usr/lib/postgresql")
_CONFIGURATION: Final = """
listen_addresses = '127.0.0.1'
max_connections = 200
# The machine does not lose its power during a test; a process may be killed all the same.
fsync = off
full_page_writes = off
deadlock_timeout = 100ms
shared_buffers = 32MB
max_wal_size = 128MB
log_min_messages = error
log_min_error_statement = panic
"""


def programs() -> Path | None:
    """Where the newest PostgreSQL of this machine has its programs."""
    found = sorted(_PROGRAMS.glob("*/bin"), key=lambda path: int(path.parent.name))
    if found:
        return found[-1]
    here = shutil.which("initdb")
    return Path(here).resolve().parent if here else None


def needed() -> Path:
    """The programs, or the end of this test: a failure only where everything must be there."""
    found = programs()
    if found is None:
        missing = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        missing("PostgreSQL is not installed (Debian: postgresql)")
    return found


@dataclass
class Postgres:
    """One server. It refuses to run as root, so that root runs it as its own user."""

    programs: Path
    folder: Path
    port: int
    durable: bool = False
    process: subprocess.Popen[bytes] | None = None

    def url(self, database: str, port: int | None = None) -> str:
        return f"postgresql://visavis@127.0.0.1:{port or self.port}/{database}"

    # ---- life

    def create(self) -> None:
        self.folder.chmod(0o700)
        if os.getuid() == 0:
            shutil.chown(self.folder, "postgres", "postgres")
        data = self.folder / "data"
        options = ["-U", "visavis", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]
        self._run([str(self.programs / "initdb"), "-D", str(data), *options])
        with (data / "postgresql.conf").open("a") as file:
            file.write(_CONFIGURATION)
            if self.durable:
                file.write("fsync = on\nfull_page_writes = on\n")
            file.write(f"unix_socket_directories = '{self.folder}'\nport = {self.port}\n")

    def start(self) -> None:
        log = (self.folder / "log").open("ab")
        with log:
            self.process = subprocess.Popen(
                [str(self.programs / "postgres"), "-D", str(self.folder / "data")],
                stdout=log,
                stderr=log,
                start_new_session=True,  # to freeze all of it at once
                **self._owner(),  # type: ignore[call-overload]
            )
        until = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                psycopg.connect(self.url("postgres"), connect_timeout=2).close()
            except psycopg.OperationalError:
                assert self.process.poll() is None, (self.folder / "log").read_text()[-2_000:]
                assert time.monotonic() < until, "PostgreSQL did not start"
                time.sleep(0.02)
            else:
                return

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """SIGINT breaks connections off and writes a checkpoint; SIGKILL does nothing more."""
        if self.process is None:
            return
        if how is signal.SIGKILL:
            self._signal(how)
        else:
            self.process.send_signal(how)
        try:
            self.process.wait(PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            self._signal(signal.SIGKILL)
            self.process.wait()
        self.process = None

    def freeze(self) -> None:
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        """To the server and everything it started."""
        assert self.process is not None
        for pid in [self.process.pid, *_children(self.process.pid)]:
            with suppress(ProcessLookupError):
                os.kill(pid, number)

    def said(self, words: str) -> int:
        """How often its log says this."""
        return (self.folder / "log").read_text().count(words)

    # ---- databases

    def order(self, statement: str) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement)

    def prepare(self) -> None:
        """The templates, migrated once."""
        for tree in TREES:
            self.order(f"CREATE DATABASE template_{tree}")
            migrate(self.url(f"template_{tree}"), tree)

    @contextmanager
    def databases(self, name: str) -> Iterator[dict[Tree, str]]:
        """Urls of a fresh main database and key store, made when asked for."""
        urls = _Urls(self, name)
        try:
            yield urls
        finally:
            if self.process is not None:
                for tree in urls:
                    self.order(f"DROP DATABASE {name}_{tree} WITH (FORCE)")

    # ---- inside

    def _owner(self) -> dict[str, object]:
        if os.getuid() != 0:
            return {}
        return {"user": "postgres", "group": "postgres", "extra_groups": [], "cwd": self.folder}

    def _run(self, command: list[str]) -> None:
        subprocess.run(command, check=True, capture_output=True, **self._owner())  # type: ignore[call-overload]


class _Urls(dict[Tree, str]):
    def __init__(self, server: Postgres, name: str) -> None:
        super().__init__()
        self._server, self._name = server, name

    def __missing__(self, tree: Tree) -> str:
        database = f"{self._name}_{tree}"
        self._server.order(f"CREATE DATABASE {database} TEMPLATE template_{tree}")
        self[tree] = self._server.url(database)
        return self[tree]


def _children(pid: int) -> list[int]:
    try:
        text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    except OSError:
        return []
    return [int(child) for child in text.split()]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(*, durable: bool = False) -> Iterator[Postgres]:
    """A server with migrated templates while the block runs; `durable`: as in real life."""
    found = needed()
    folder = Path(tempfile.mkdtemp(prefix="visavis-pg-"))
    server = Postgres(found, folder, _free_port(), durable)
    try:
        server.create()
        server.start()
        server.prepare()
        yield server
    finally:
        if server.process is not None:
            server.thaw()
        server.stop()
        shutil.rmtree(folder)


class BlackHole:
    """A TCP proxy before the server that can fall silent: it takes all and passes nothing on.

    It runs in the loop of the test, which therefore must not be blocked.
    """

    def __init__(self, port: int) -> None:
        self._port = port
        self._tasks: set[asyncio.Task[None]] = set()
        self.pass_on()

    async def __aenter__(self) -> "BlackHole":
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def port(self) -> int:
        return int(self._server.sockets[0].getsockname()[1])

    def swallow(self) -> None:
        """Fall silent, towards everybody."""
        self._open.clear()

    def pass_on(self) -> None:
        """Serve whoever comes from now on; those before are forgotten and never hear of it."""
        self._open = asyncio.Event()
        self._open.set()

    def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(self._relay(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        open_ = self._open
        behind_reader, behind = await asyncio.open_connection("127.0.0.1", self._port)
        try:
            await asyncio.gather(_pump(reader, behind, open_), _pump(behind_reader, writer, open_))
        except OSError:
            pass
        finally:
            for one in (writer, behind):
                one.close()


async def _pump(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, open_: asyncio.Event
) -> None:
    while data := await reader.read(65_536):
        await open_.wait()
        writer.write(data)
        await writer.drain()
    raise ConnectionResetError
