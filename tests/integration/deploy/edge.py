"""An edge for tests: HAProxy with the configuration that we ship, before node processes of ours.

It knows how they are started and stopped, and nothing of what they answer.
"""

import asyncio
import grp
import json
import os
import pwd
import shutil
import socket
import ssl
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import aiohttp
import pytest

ROOT: Final = Path(__file__).parents[3]
CONFIGURATION: Final = ROOT / "deploy/haproxy/haproxy.cfg"
START_SECONDS: Final = 60
OURSELVES: Final = {
    "VISAVIS_PROXY_USER": pwd.getpwuid(os.geteuid()).pw_name,
    "VISAVIS_PROXY_GROUP": grp.getgrgid(os.getegid()).gr_name,
}
_PAUSE_SECONDS: Final = 0.05  # between two looks at something that has no event of its own


def needed(program: str, package: str) -> str:
    """A program's path, or the end of this test: a failure only where everything must be there."""
    found = shutil.which(program, path=f"{os.environ['PATH']}:/usr/sbin")
    if found is None:
        missing = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        missing(f"{program} is not installed (Debian: {package})")
    return found


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def clean_environment() -> dict[str, str]:
    kept = {name: text for name, text in os.environ.items() if not name.startswith("VISAVIS_")}
    return kept | {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}


def certificate(folder: Path, *, days: int = 2) -> Path:
    """A certificate for localhost with its key, signed by itself; the certificate alone beside."""
    key, alone, both = folder / "key.pem", folder / "localhost.crt", folder / "localhost.pem"
    subprocess.run(
        [
            needed("openssl", "openssl"), "req", "-x509", "-nodes", "-days", str(days),
            "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-subj", "/CN=localhost",
            "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
            "-keyout", str(key), "-out", str(alone),
        ],
        check=True, capture_output=True,
    )  # fmt: skip
    both.write_text(alone.read_text() + key.read_text())
    return both


async def until(what: str, done: Any, seconds: float = START_SECONDS) -> None:
    """Look again and again whether something outside of us has come about."""
    try:
        async with asyncio.timeout(seconds):
            while not await done():  # noqa: ASYNC110
                await asyncio.sleep(_PAUSE_SECONDS)
    except TimeoutError:
        pytest.fail(f"not within {seconds} s: {what}")


@dataclass
class Program:
    """One process, its log, and its end."""

    words: list[str]
    environment: Mapping[str, str]
    log: Path
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                self.words, env=dict(self.environment), cwd=self.log.parent,
                stdin=subprocess.DEVNULL, stdout=output, stderr=output,
            )  # fmt: skip

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                self.kill()
            self.process = None


@dataclass
class Edge:
    """HAProxy, the nodes behind it, and what it wrote down."""

    port: int
    certificate: Path
    proxy: Program
    admin: Path
    nodes: dict[str, Program] = field(default_factory=dict)
    ports: dict[str, int] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"https://localhost:{self.port}"

    @property
    def trust(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.certificate.with_suffix(".crt")))

    def lines(self) -> list[dict[str, Any]]:
        """The access log so far."""
        text = self.proxy.log.read_text().splitlines()
        return [json.loads(line) for line in text if line.startswith("{")]

    async def ready(self, name: str) -> None:
        """Wait until a node says that it is, and the proxy has noticed."""

        async def answers() -> bool:
            try:
                async with (
                    aiohttp.ClientSession() as http,
                    http.get(f"http://127.0.0.1:{self.ports[name]}/readyz") as answer,
                ):
                    return answer.status == 200
            except aiohttp.ClientError:
                return False

        async def noticed() -> bool:
            process = self.proxy.process
            assert process is None or process.poll() is None, self.proxy.log.read_text()
            return self.admin.exists() and self.state(name) == "UP"

        await until(f"{name} is ready: {self.nodes[name].log}", answers)
        await until(f"the proxy sends to {name}", noticed)

    def state(self, name: str) -> str:
        """A node as the proxy sees it: UP, DOWN, MAINT, DRAIN."""
        return self._column(name, "status").split()[0]

    def load(self, name: str) -> int:
        """How many connections the proxy holds to a node."""
        return int(self._column(name, "scur"))

    def _column(self, name: str, column: str) -> str:
        rows = [row.split(",") for row in self.say("show stat -1 4 -1").splitlines() if row]
        found = next(row for row in rows if row[1] == name)
        return found[rows[0].index(column)]

    def say(self, order: str) -> str:
        """An order to the proxy's administrative socket."""
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(5)
            line.connect(str(self.admin))
            line.sendall(f"{order}\n".encode())
            answer = b""
            while part := line.recv(65_536):
                answer += part
        return answer.decode()


def node(folder: Path, name: str, port: int, settings: Mapping[str, str]) -> Program:
    """A node with a data directory of its own; not started yet."""
    home = folder / name
    home.mkdir()
    environment = clean_environment() | {
        "VISAVIS_NODE": name,
        "VISAVIS_LISTEN": f"127.0.0.1:{port}",
        "VISAVIS_DATA_DIR": str(home / "var"),
        "VISAVIS_TRUSTED_PROXIES": "127.0.0.1",
        # Longer than the proxy needs to notice: two looks, two seconds apart.
        "VISAVIS_DRAIN_SECONDS": "6",
        "VISAVIS_MOVE_SECONDS": "1",
        "VISAVIS_LIMITS_SCALE": "1000",  # everybody here comes from one address
        **settings,
    }
    words = [sys.executable, "-c", "from web.cli import main; main()", "serve"]
    return Program(words, environment, home / "log")


def proxy(folder: Path, port: int, nodes: Mapping[str, int]) -> Edge:
    """The proxy before two nodes; not started yet."""
    pem, admin = certificate(folder, days=90), folder / "admin.sock"
    n1, n2 = nodes
    environment = clean_environment() | {
        "VISAVIS_HOST": "localhost",
        "VISAVIS_CONNECTIONS": "500",
        **({} if os.geteuid() == 0 else OURSELVES),
        "VISAVIS_HTTP": f"127.0.0.1:{free_port()}",
        "VISAVIS_HTTPS": f"127.0.0.1:{port}",
        "VISAVIS_CERTIFICATE": str(pem),
        "VISAVIS_ADMIN": str(admin),
        "VISAVIS_NODE_1": f"127.0.0.1:{nodes[n1]}",
        "VISAVIS_NODE_2": f"127.0.0.1:{nodes[n2]}",
    }
    words = [needed("haproxy", "haproxy"), "-db", "-f", str(CONFIGURATION)]
    return Edge(port, pem, Program(words, environment, folder / "proxy.log"), admin)
