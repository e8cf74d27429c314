"""One `visavis serve` as a process of its own: a free loopback port, an empty data directory.

It knows the command line, the settings and the orders that the command line gives.
"""

import asyncio
import json
import os
import secrets
import socket
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from web.settings import Settings
from web.staff import Order, order

ROOT = Path(__file__).parents[2]
START_SECONDS = 60.0  # only ever waited out by a failure
STOP_SECONDS = 60.0  # longer than a node itself waits


@dataclass(frozen=True, slots=True)
class SignIn:
    """An account as its owner knows it."""

    username: str
    password: str
    name: str
    cookies: list[Any] = field(default_factory=list)  # of the last time, in a browser


def brand_file(folder: Path, brand: dict[str, Any]) -> str:
    """Write down what a house is like; where."""
    file = folder / "brand.json"
    file.write_text(json.dumps(brand))
    return str(file)


@dataclass(slots=True)
class Server:
    """A running server; `stop` ends it."""

    url: str
    data: Path
    log: Path
    environment: dict[str, str]
    process: asyncio.subprocess.Process
    accounts: dict[str, SignIn] = field(default_factory=dict)

    @classmethod
    async def start(cls, data: Path, **settings: str) -> "Server":
        """Start it and wait until it says that it is ready."""
        port = _free_port()
        environment = {
            **{key: value for key, value in os.environ.items() if not key.startswith("VISAVIS_")},
            "PYTHONPATH": str(ROOT),
            "PYTHONUNBUFFERED": "1",
            "VISAVIS_DATA_DIR": str(data / "var"),
            "VISAVIS_LISTEN": f"127.0.0.1:{port}",
            "VISAVIS_PUBLIC_URL": f"http://127.0.0.1:{port}",
            "VISAVIS_LIMITS_SCALE": "1000",  # everybody here comes from one address
            "VISAVIS_CHECKUP": "false",  # but where it is tried: it costs a process
            **settings,
        }
        log = data / "server.log"
        process = await _serving(environment, data, log)
        server = cls(f"http://127.0.0.1:{port}", data / "var", log, environment, process)
        await server._ready_or_stopped()
        return server

    async def restart(self) -> None:
        """End it in order, as an update does, and start it again in the same place."""
        await self.stop()
        assert self.process.returncode == 0, self.output()
        self.process = await _serving(self.environment, self.data.parent, self.log)
        await self._ready_or_stopped()

    async def crash(self) -> None:
        """It dies without a word, and is started again in the same place."""
        self.process.kill()
        await self.process.wait()
        self.process = await _serving(self.environment, self.data.parent, self.log)
        await self._ready_or_stopped()

    async def stop(self) -> None:
        """Ask it to end, and see to it."""
        if self.process.returncode is None:
            self.process.terminate()
        try:
            async with asyncio.timeout(STOP_SECONDS):
                await self.process.wait()
        except TimeoutError:
            self.process.kill()
            await self.process.wait()
            raise AssertionError(f"the server did not stop:\n{self.output()}") from None

    def output(self) -> str:
        """What it has said so far."""
        return self.log.read_text(errors="replace")

    async def account(self, role: str, name: str, agency: str | None = None) -> SignIn:
        """Create an account by the command line, or find the one created before."""
        if name not in self.accounts:
            username = f"{role}{len(self.accounts)}"
            sign_in = SignIn(username, secrets.token_urlsafe(12), name)
            await self._add_account(role, sign_in, agency)
            self.accounts[name] = sign_in
        return self.accounts[name]

    async def _add_account(self, role: str, sign_in: SignIn, agency: str | None) -> None:
        """As the command line has it done, by the process that serves; without one of its own."""
        settings = Settings.model_validate({
            key.removeprefix("VISAVIS_").lower(): value
            for key, value in self.environment.items()
            if key.startswith("VISAVIS_")
        })  # fmt: skip
        wanted = Order.model_validate({
            "what": "add", "actor": "shell:tests", "username": sign_in.username, "role": role,
            "display_name": sign_in.name, "password": sign_in.password, "agency": agency,
        })  # fmt: skip
        await order(settings, wanted)

    async def _ready_or_stopped(self) -> None:
        try:
            await self._ready()
        except BaseException:
            await self.stop()
            raise

    async def _ready(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        async with aiohttp.ClientSession() as http:
            while not await _answers(http, f"{self.url}/readyz"):
                assert self.process.returncode is None, f"the server ended:\n{self.output()}"
                assert time.monotonic() < deadline, f"the server is not ready:\n{self.output()}"
                await asyncio.sleep(0.05)  # another process: it can only be asked again


def _visavis(*arguments: str) -> tuple[str, ...]:
    return (sys.executable, "-c", "from web.cli import main; main()", *arguments)


async def _serving(
    environment: dict[str, str], folder: Path, log: Path
) -> asyncio.subprocess.Process:
    with log.open("ab") as output:
        return await asyncio.create_subprocess_exec(
            *_visavis("serve"), cwd=folder, env=environment, stdout=output, stderr=output
        )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


async def _answers(http: aiohttp.ClientSession, url: str) -> bool:
    try:
        async with http.get(url) as answer:
            return answer.status == 200
    except aiohttp.ClientError:
        return False
