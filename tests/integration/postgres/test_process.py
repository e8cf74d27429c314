"""`visavis` beside PostgreSQL: two nodes, the command line, what the probe says of a silence."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import aiohttp

from sessions.migrations import Tree
from tests.integration.web.conftest import Caller
from tests.integration.web.test_process import START_SECONDS, Process, browser, free_port
from tests.patience import allowed
from tests.postgres import Postgres


def node(folder: Path, urls: dict[Tree, str]) -> Process:
    """One with a data directory of its own; the master keys are the same for all."""
    process = Process(folder, free_port())
    process.environment |= {
        "VISAVIS_DATABASE_URL": urls["main"],
        "VISAVIS_KEYS_URL": urls["keys"],
        "VISAVIS_MASTER_KEY_FILE": str(folder.parent / "master.keys"),
    }
    return process


async def status(http: aiohttp.ClientSession, url: str) -> int:
    """What the probe answers; 0 for nothing."""
    try:
        async with http.get(f"{url}/readyz") as answer:
            return answer.status
    except aiohttp.ClientConnectionError:
        return 0


async def until(http: aiohttp.ClientSession, url: str, wanted: int, seconds: float) -> None:
    async with asyncio.timeout(seconds):
        while await status(http, url) != wanted:  # noqa: ASYNC110
            await asyncio.sleep(0.05)


@asynccontextmanager
async def serving(process: Process, http: aiohttp.ClientSession) -> AsyncIterator[None]:
    served = await process.spawn("serve")
    try:
        await until(http, process.url, 200, START_SECONDS)
        yield
        served.terminate()
        said, _ = await served.communicate()
        assert served.returncode == 0, said.decode()
    finally:
        if served.returncode is None:
            served.kill()
            await served.communicate()


async def test_two_nodes_serve_from_one_server(
    tmp_path: Path, urls: dict[Tree, str], server: Postgres
) -> None:
    one, two = node(tmp_path / "one", urls), node(tmp_path / "two", urls)
    add = ("account", "add", "anna", "--role", "advisor", "--name", "Anna", "--password-stdin")
    code, said = await one.say(*add, typed="geheimes-wort-1\n")
    assert (code, "visavis migrate" in said) == (0, False), said  # the templates are migrated
    code, said = await one.say("demo")
    assert (code, "keeps to files" in said) == (2, True)
    async with AsyncExitStack() as stack:
        http, balancer = [await stack.enter_async_context(browser()) for _ in range(2)]
        await stack.enter_async_context(serving(one, balancer))
        await stack.enter_async_context(serving(two, balancer))
        # Started at one node, and its desk is the other's too.
        caller = Caller(http, one.url, headers={"Origin": one.url})
        await caller.start_call()
        advisor = Caller(http, two.url, headers={"Origin": two.url})
        form = {"username": "anna", "password": "geheimes-wort-1"}
        assert (await advisor.post("/login", data=form)).status == 303
        code, said = await two.say("account", "disable", "anna")
        assert code == 0, said
        assert (await advisor.post("/login", data=form)).status == 401
        code, said = await one.say("account", "list")
        assert "disabled" in said

        # F-08: a database that does not answer is said to be so, in time; not waited for.
        server.freeze()
        try:
            began = time.monotonic()
            asked = [status(balancer, process.url) for process in (one, two)]
            answers = await asyncio.gather(*asked)
            assert answers == [503, 503]
            assert time.monotonic() - began < allowed(3)
            async with balancer.get(f"{one.url}/healthz") as answer:
                assert answer.status == 200
        finally:
            server.thaw()
        for process in (one, two):
            await until(balancer, process.url, 200, 5)


async def test_a_server_that_is_not_there_is_said_in_one_line(tmp_path: Path) -> None:
    nowhere: dict[Tree, str] = {
        "main": f"postgresql://visavis:s3cret@127.0.0.1:{free_port()}/main",
        "keys": f"postgresql://visavis:s3cret@127.0.0.1:{free_port()}/keys",
    }
    process = node(tmp_path / "var", nowhere)
    orders = (("migrate",), ("serve",), ("account", "list"))
    for code, said in await asyncio.gather(*(process.say(*words) for words in orders)):
        assert code == 1
        assert "database" in said
        assert "Traceback" not in said
        assert "s3cret" not in said
        assert len(said.splitlines()) == 1, json.dumps(said)
