"""`visavis` as people run it: a process of its own, on a free port, that ends when told to."""

import asyncio
import os
import re
import signal
import socket
import sqlite3
import stat
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import aiohttp

from tests.integration.web.conftest import Caller
from tests.integration.web.test_talk import Talker
from tests.patience import allowed

ROOT = Path(__file__).parents[3]
START_SECONDS = 60


def browser() -> aiohttp.ClientSession:
    return aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Process:
    """One run of the command line in a directory."""

    def __init__(self, data: Path, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self._data = data
        self.environment = {
            **{name: text for name, text in os.environ.items() if not name.startswith("VISAVIS_")},
            "PYTHONPATH": str(ROOT),
            "VISAVIS_LISTEN": f"127.0.0.1:{port}",
            "VISAVIS_DATA_DIR": str(data),
        }

    async def spawn(self, *words: str) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            sys.executable, "-c", "from web.cli import main; main()", *words,
            env=self.environment, cwd=self._data.parent,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip

    async def say(self, *words: str, typed: str = "") -> tuple[int | None, str]:
        """Run a command to its end."""
        process = await self.spawn(*words)
        said, _ = await process.communicate(typed.encode())
        return process.returncode, said.decode()

    def rows(self, database: str, query: str) -> list[Any]:
        """What a database of this directory answers, from beside."""
        with closing(sqlite3.connect(f"file:{self._data / database}?mode=ro", uri=True)) as db:
            return db.execute(query).fetchall()

    @asynccontextmanager
    async def running(self, *words: str) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
        """A process that serves, and what it said until then."""
        process = await self.spawn(*words)
        said = ""
        try:
            assert process.stdout
            async with asyncio.timeout(allowed(START_SECONDS)):
                while "Ctrl+C" not in said:
                    line = await process.stdout.readline()
                    assert line, said
                    said += line.decode()
            yield process, said
        finally:
            if process.returncode is None:
                process.terminate()
            await process.communicate()


async def test_the_demo_from_nothing_and_again(tmp_path: Path) -> None:
    """First run, second run: the same sign-ins, which work; files for the owner's eyes."""
    demo = Process(tmp_path / "var", free_port())
    async with demo.running("demo") as (process, first):
        assert f"open http://localhost:{demo.url.rpartition(':')[2]}/" in first
        [password] = re.findall(r"advisor +berg +(\S+)", first)
        async with browser() as http:
            caller = Caller(http, demo.url, headers={"Origin": demo.url})
            answer = await caller.post("/login", data={"username": "berg", "password": password})
            assert (answer.status, answer.headers["Location"]) == (303, "/console")
            assert (await caller.get("/readyz")).status == 200
        for path in (tmp_path / "var").iterdir():
            assert not path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO), path.name
        process.send_signal(signal.SIGTERM)
        assert await process.wait() == 0
    async with demo.running("demo") as (_, second):
        assert re.findall(r"advisor +\S+ +\S+", second) == re.findall(r"advisor +\S+ +\S+", first)


async def test_sockets_are_told_to_come_back(tmp_path: Path) -> None:
    """F-28: 1012 before the end, and the end is clean."""
    demo = Process(tmp_path / "var", free_port())
    async with demo.running("demo") as (process, _), browser() as http:
        caller = Caller(http, demo.url, headers={"Origin": demo.url})
        await caller.start_call()
        answer = await caller.post(f"/api/sessions/{caller.session}/join", {})
        url = f"{demo.url}/socket.io/?EIO=4&transport=websocket"
        async with http.ws_connect(url, headers={"Origin": demo.url}) as ws:
            await ws.receive_str()
            await ws.send_str("40")
            await ws.receive_str()
            talker = Talker(ws, await answer.json() | {"session": caller.session})
            assert (await talker.join())["ok"]
            process.send_signal(signal.SIGTERM)
            while (message := await ws.receive()).type is aiohttp.WSMsgType.TEXT:
                pass
            assert (message.type, ws.close_code) == (aiohttp.WSMsgType.CLOSE, 1012)
        assert await process.wait() == 0


async def test_a_second_signal_does_not_wait(tmp_path: Path) -> None:
    """Who asks twice means it: what was acknowledged is durable anyway."""
    demo = Process(tmp_path / "var", free_port())
    demo.environment["VISAVIS_DRAIN_SECONDS"] = "25"
    async with demo.running("demo") as (process, _):
        process.send_signal(signal.SIGTERM)
        await until_draining(demo.url)
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(20):
            assert await process.wait() == -signal.SIGTERM


async def test_the_grace_has_an_end(tmp_path: Path) -> None:
    """A request that never ends, or a loop that is stuck, holds nothing up for longer."""
    demo = Process(tmp_path / "var", free_port())
    demo.environment |= {"VISAVIS_MOVE_SECONDS": "0.1", "VISAVIS_GRACE_SECONDS": "1"}
    async with demo.running("demo") as (process, _):
        port = int(demo.url.rpartition(":")[2])
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        head = b"POST /login HTTP/1.1\r\nHost: x\r\nOrigin: %b\r\n" % demo.url.encode()
        form = b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 20\r\n\r\n"
        writer.write(head + form + b"user")
        await writer.drain()
        async with browser() as http:  # answered after the other has been taken up
            assert (await http.get(demo.url + "/healthz")).status == 200
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(allowed(4)):
            assert await process.wait() == -signal.SIGALRM
        writer.close()


async def until_draining(url: str) -> None:
    async with browser() as http, asyncio.timeout(START_SECONDS):
        while (await http.get(url + "/readyz")).status != 503:
            pass


async def test_accounts_are_kept_while_the_platform_runs_and_while_not(tmp_path: Path) -> None:
    """SQLite belongs to one process: while it serves, it takes the orders."""
    node = Process(tmp_path / "var", free_port())
    code, said = await node.say("account", "list")
    assert (code, "visavis migrate" in said) == (1, True)
    assert (await node.say("migrate"))[0] == 0
    add = ("account", "add", "--role", "advisor", "--name", "Neu Hier", "--password-stdin")
    assert (await node.say(*add, "vorher", typed="geheimes-wort-1\n"))[0] == 0
    async with node.running("demo"):
        assert (await node.say(*add, "nachher", typed="geheimes-wort-2\n"))[0] == 0
        code, said = await node.say(*add, "nachher", typed="geheimes-wort-2\n")
        assert (code, "already" in said) == (1, True)
        code, said = await node.say(*add, "kurz", typed="kurz\n")
        assert (code, "at least" in said) == (1, True)
        assert (await node.say("account", "disable", "vorher"))[0] == 0
        async with browser() as http:
            caller = Caller(http, node.url, headers={"Origin": node.url})
            for username, password, status in (
                ("nachher", "geheimes-wort-2", 303), ("vorher", "geheimes-wort-1", 401),
            ):  # fmt: skip
                form = {"username": username, "password": password}
                assert (await caller.post("/login", data=form)).status == status
        code, said = await node.say("serve", "--listen", "127.0.0.1:1")
        assert (code, "in use" in said) == (1, True)
        assert "Traceback" not in said
    code, said = await node.say("account", "list")
    assert code == 0
    assert re.search(r"vorher +Neu Hier +disabled", said)
    wanted = "SELECT action, subject FROM audit WHERE actor LIKE 'shell:%' ORDER BY seq"
    by_shell = node.rows("visavis.db", wanted)
    [(_, before), (_, after), (_, locked)] = by_shell
    assert [action for action, _ in by_shell] == [
        "account made advisor", "account made advisor", "account locked"
    ]  # fmt: skip
    assert before == locked != after


async def test_wrong_settings_are_said_in_plain_lines(tmp_path: Path) -> None:
    (tmp_path / "brand.json").write_text('{"company": ""}')

    async def is_refused(name: str, text: str) -> None:
        node = Process(tmp_path / "var", free_port())
        node.environment[name] = text
        code, said = await node.say("serve")
        assert code == 2
        assert said.startswith(name)
        assert "Traceback" not in said

    await asyncio.gather(
        is_refused("VISAVIS_PUBLIC_URL", "example.com"),
        is_refused("VISAVIS_BRAND_FILE", "none.json"),
        is_refused("VISAVIS_BRAND_FILE", "brand.json"),
        is_refused("VISAVIS_LISTEN", "nowhere"),
    )
