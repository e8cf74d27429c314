"""One edge for all of these tests: two nodes on one PostgreSQL server and one Redis."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from pathlib import Path

import aiohttp
import pytest

from tests import postgres
from tests.integration.deploy.edge import Edge, Program, free_port, needed, node, proxy
from tests.integration.deploy.servers import PASSWORD as REDIS_PASSWORD
from tests.integration.deploy.servers import Roles, redis
from tests.integration.web.conftest import Caller

PASSWORD = "korrekt-pferd-batterie"
NewCaller = Callable[[], Caller]


@pytest.fixture(scope="session")
def roles(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Roles]:
    """A PostgreSQL server with our roles, on which the owners have migrated."""
    with postgres.running() as server:
        yield Roles(server, tmp_path_factory.mktemp("secrets"))


@pytest.fixture(scope="session")
def bus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of a Redis with our configuration and our user."""
    with redis(tmp_path_factory.mktemp("redis")) as port:
        yield port


@pytest.fixture(scope="session")
def shared(roles: Roles, bus: int, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What all nodes have in common, with no more rights than we ship."""
    return {
        "VISAVIS_DATABASE_URL": roles.url("visavis", "visavis"),
        "VISAVIS_KEYS_URL": roles.url("visavis_keys", "visavis_keys"),
        "VISAVIS_BUS_URL": f"redis://visavis:{REDIS_PASSWORD}@127.0.0.1:{bus}",
        "VISAVIS_BLOBS_URL": tmp_path_factory.mktemp("blobs").as_uri(),
    }


@pytest.fixture(scope="session")
async def edge(
    tmp_path_factory: pytest.TempPathFactory, shared: dict[str, str]
) -> AsyncIterator[Edge]:
    """Both nodes and the proxy, running. Whoever kills a node starts it again."""
    needed("haproxy", "haproxy")
    folder, port = tmp_path_factory.mktemp("edge"), free_port()
    ports = {"n1": free_port(), "n2": free_port()}
    made = proxy(folder, port, ports)
    shared = shared | {
        "VISAVIS_PUBLIC_URL": made.url,
        "VISAVIS_MASTER_KEY_FILE": str(folder / "master.keys"),
    }
    nodes = {name: node(folder, name, at, shared) for name, at in ports.items()}
    made = replace(made, nodes=nodes, ports=ports)
    started = [*nodes.values(), made.proxy]
    try:
        for one in started:
            one.start()
        for name in nodes:
            await made.ready(name)
        await add_advisor(nodes["n1"], "berg")
        yield made
    finally:
        for one in reversed(started):
            one.kill()


async def add_advisor(at: Program, username: str) -> None:
    words = [*at.words[:-1], "account", "add", username, "--role", "advisor"]
    process = await asyncio.create_subprocess_exec(
        *words, "--name", "Anna Berg", "--password-stdin",
        env=dict(at.environment), cwd=at.log.parent,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    said, _ = await process.communicate(f"{PASSWORD}\n".encode())
    assert process.returncode == 0, said.decode()


@pytest.fixture
async def new_caller(edge: Edge) -> AsyncIterator[NewCaller]:
    """Browsers that come by way of the proxy."""
    opened: list[aiohttp.ClientSession] = []

    def make() -> Caller:
        opened.append(
            aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(ssl=edge.trust),
                cookie_jar=aiohttp.CookieJar(unsafe=True),
            )
        )
        return Caller(opened[-1], edge.url, headers={"Origin": edge.url})

    yield make
    for one in opened:
        await one.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path
