"""Servers of the tests' own: on a free port, in a temporary folder, without a trace afterwards.

They can be killed, frozen and started again. Those of PostgreSQL are in `postgres.py`.
"""

import os
import random
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from tests.patience import PATIENCE_SECONDS


@dataclass
class RedisServer:
    """One process of redis-server that keeps nothing."""

    folder: Path
    port: int
    options: tuple[str, ...] = ()
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start, and wait until it answers."""
        command = [
            program(), "--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self.folder),
            "--save", "", "--appendonly", "no", "--daemonize", "no", "--loglevel", "warning",
            *self.options,
        ]  # fmt: skip
        self.process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        until = time.monotonic() + PATIENCE_SECONDS
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > until:
                raise RuntimeError("redis-server did not start")
            time.sleep(0.02)

    def kill(self) -> None:
        """As if the machine had lost its power."""
        if self.process is not None:
            self.process.kill()
            self.process.wait(PATIENCE_SECONDS)
            self.process = None

    def freeze(self) -> None:
        """It takes connections and bytes, and answers nothing."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """It goes on where it was."""
        self._signal(signal.SIGCONT)

    def order(self, *words: str) -> str:
        """A command, and what it answers, by redis-cli."""
        command = ["redis-cli", "-p", str(self.port), "-e", *words]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    def _signal(self, number: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(number)

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), 0.2) as asking:
                asking.settimeout(0.5)
                asking.sendall(b"PING\r\n")
                return asking.recv(7) in (b"+PONG\r\n", b"-NOAUTH")
        except OSError:
            return False


def program() -> str:
    """redis-server, or the end of this test: a failure only where everything must be there."""
    found = shutil.which("redis-server") or shutil.which("valkey-server")
    if found is None:
        missing = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        missing("redis-server is not installed (Debian: redis-server)")
    return found


def free_port() -> int:
    """A port on which nobody listens at this moment.

    Below those that the system gives to clients: one that is used again must not be taken
    meanwhile, not even by a client that tries to reach it.
    """
    while True:
        port = random.randrange(20_000, 32_000)
        with socket.socket() as asking, suppress(OSError):
            asking.bind(("127.0.0.1", port))
            return port


@contextmanager
def redis_in(folder: Path, *options: str) -> Iterator[RedisServer]:
    """A Redis that is there for as long as this lasts."""
    server = RedisServer(folder, free_port(), options)
    server.start()
    try:
        yield server
    finally:
        server.kill()


@contextmanager
def redis_cluster_in(folder: Path, *, masters: int = 3) -> Iterator[list[RedisServer]]:
    """A cluster of so many masters, and a replica of the first, which comes last."""
    servers = []
    options = ("--cluster-enabled", "yes", "--cluster-node-timeout", "1000")
    try:
        for number in range(masters + 1):
            place = folder / f"shard{number}"
            place.mkdir(parents=True)
            talk = str(free_port())  # by itself Redis would take one that clients may have
            server = RedisServer(place, free_port(), (*options, "--cluster-port", talk))
            servers.append(server)
            server.start()
        step = -(-16_384 // masters)
        for number, server in enumerate(servers[:masters]):
            last = min(16_384, (number + 1) * step) - 1
            server.order("CLUSTER", "ADDSLOTSRANGE", str(number * step), str(last))
            server.order("CLUSTER", "SET-CONFIG-EPOCH", str(number + 1))
        for server in servers[1:]:
            first = servers[0]
            server.order("CLUSTER", "MEET", "127.0.0.1", str(first.port), first.options[-1])
        _until(lambda: all(f"known_nodes:{masters + 1}" in _info(one) for one in servers))
        servers[-1].order("CLUSTER", "REPLICATE", servers[0].order("CLUSTER", "MYID"))
        _until(lambda: all("cluster_state:ok" in _info(one) for one in servers))
        _until(lambda: "master_link_status:up" in servers[-1].order("INFO", "replication"))
        yield servers
    finally:
        for server in servers:
            server.kill()


def _info(server: RedisServer) -> str:
    return server.order("CLUSTER", "INFO")


def _until(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        if time.monotonic() > until:
            raise RuntimeError("the servers did not come to be what was asked of them")
        time.sleep(0.05)


@pytest.fixture
def redis_server(tmp_path: Path) -> Iterator[RedisServer]:
    """A Redis of this test alone."""
    folder = tmp_path / "redis"
    folder.mkdir()
    with redis_in(folder) as server:
        yield server


MARKER: Final = b"visavis marker of an infected file"  # what the tests' own signature looks for


@contextmanager
def clamd_in(folder: Path, *options: str) -> Iterator[Path]:
    """A clamd with one signature of our own, for as long as this lasts; its socket."""
    found = shutil.which("clamd", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if found is None:
        missing = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        missing("clamd is not installed (Debian: clamav-daemon)")
    (folder / "signatures").mkdir(parents=True)
    (folder / "signatures" / "ours.ndb").write_text(f"Visavis.Marker:0:*:{MARKER.hex()}\n")
    socket_of = folder / "clamd.sock"
    lines = (
        "Foreground yes", f"DatabaseDirectory {folder}/signatures", f"LocalSocket {socket_of}",
        f"TemporaryDirectory {folder}", f"PidFile {folder}/clamd.pid", "StreamMaxLength 2M",
        *options,
    )  # fmt: skip
    (folder / "clamd.conf").write_text("\n".join(lines) + "\n")
    process = subprocess.Popen(
        [str(found), f"--config-file={folder}/clamd.conf"],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        until = time.monotonic() + PATIENCE_SECONDS
        while not socket_of.exists():
            if process.poll() is not None or time.monotonic() > until:
                raise RuntimeError("clamd did not start")
            time.sleep(0.02)
        yield socket_of
    finally:
        process.kill()
        process.wait(PATIENCE_SECONDS)
