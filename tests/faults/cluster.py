"""A deployment on loopback: nodes as processes, one PostgreSQL, one Redis, a proxy before each.

It starts, breaks and mends. Sessions are made beside the nodes, with their databases and keys.
"""

import asyncio
import os
import signal
import sys
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp

from sessions.accounts import Accounts
from sessions.clock import wall_clock_ms
from sessions.database import Database
from sessions.events import (
    Envelope,
    Epoch,
    Role,
    Seq,
    SessionId,
    new_event_id,
    sender_of,
)
from sessions.keys import Keys, MasterKeys
from sessions.lifecycle import Lifecycle, Name
from sessions.log import Log
from sessions.migrations import Tree
from sessions.models import KeyRow, Row
from signaling.tickets import Claims, Tickets
from tests.faults.history import Seen
from tests.faults.proxy import FaultProxy
from tests.faults.talker import Place
from tests.postgres import Postgres
from tests.servers import RedisServer, free_port

ROOT = Path(__file__).parents[2]
START_SECONDS = 120.0  # only ever waited out by a failure
STOP_SECONDS = 15.0


@dataclass
class NodeProcess:
    """One `visavis serve`."""

    name: str
    url: str
    environment: dict[str, str]
    log: Path
    redis: FaultProxy
    postgres: FaultProxy
    process: asyncio.subprocess.Process | None = None

    @property
    def is_up(self) -> bool:
        return self.process is not None and self.process.returncode is None

    async def start(self) -> None:
        with self.log.open("ab") as output:
            self.process = await asyncio.create_subprocess_exec(
                sys.executable, "-c", "from web.cli import main; main()", "serve",
                cwd=self.log.parent, env=self.environment, stdout=output, stderr=output,
            )  # fmt: skip
        async with asyncio.timeout(START_SECONDS), aiohttp.ClientSession() as http:
            while not await _is_ready(http, self.url):
                assert self.is_up, f"{self.name} ended:\n{self.log.read_text()[-3_000:]}"
                await asyncio.sleep(0.05)  # another process: it can only be asked again

    async def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """SIGTERM lets it leave in order, SIGKILL does not."""
        if self.process is None:
            return
        if self.process.returncode is None:
            self.process.send_signal(how)
        try:
            await asyncio.wait_for(self.process.wait(), STOP_SECONDS)
        except TimeoutError:
            self.process.kill()
            await self.process.wait()
            raise AssertionError(f"{self.name} did not stop") from None
        self.process = None


@dataclass
class Cluster:
    """Everything that runs, and the sessions in it."""

    nodes: list[NodeProcess]
    redis: RedisServer
    postgres: Postgres
    database: Database
    log: Log
    lifecycle: Lifecycle
    accounts: Accounts
    tickets: Tickets
    sessions: list[SessionId] = field(default_factory=list)

    def where(self) -> list[str]:
        """Nodes that should answer."""
        return [node.url for node in self.nodes if node.is_up]

    async def talk(self, number: int) -> tuple[Place, Place]:
        """A session of two that has been accepted."""
        account = await self.accounts.add(
            f"advisor{number}", display_name="Advisor", role=Role.ADVISOR, password_hash="-"
        )
        started = await self.lifecycle.start(
            name=Name("Ada", "Lovelace"), topic=None, language="de", request=os.urandom(16)
        )
        seat = await self.lifecycle.advisor_seat(started.session, account.id, prepare=False)
        accepted = Envelope(
            started.session, sender_of(seat.participant), new_event_id(), "session.accepted",
            Epoch(1), os.urandom(64), wall_clock_ms(),
        )  # fmt: skip
        await self.log.append(accepted, account=account.id)
        self.sessions.append(started.session)
        prospect = Claims(started.session, started.participant, Role.PROSPECT)
        advisor = Claims(started.session, seat.participant, Role.ADVISOR, account.id)
        return self._place(prospect), self._place(advisor)

    def _place(self, claims: Claims) -> Place:
        def ticket() -> str:
            return self.tickets.issue(claims, wall_clock_ms())

        return Place(claims.channel, str(claims.participant), ticket, self.where)

    async def logs(self) -> dict[str, list[Seen]]:
        """What the database holds, read past every node."""
        found: dict[str, list[Seen]] = {}
        for session in self.sessions:
            found[session], seq = [], 0
            while page := await self.log.after(session, Seq(seq)):
                found[session] += [Seen(e.seq or 0, e.id, _content(e.sealed)) for e in page]
                seq = found[session][-1].seq
        return found


def _content(sealed: bytes) -> str:
    return sha256(b64encode(sealed)).hexdigest()


async def _is_ready(http: aiohttp.ClientSession, url: str) -> bool:
    try:
        async with http.get(f"{url}/readyz") as answer:
            return answer.status == 200
    except aiohttp.ClientError:
        return False


@asynccontextmanager
async def deployed(
    folder: Path, postgres: Postgres, redis: RedisServer, *, nodes: int
) -> AsyncIterator[Cluster]:
    """So many nodes over fresh databases; everything is stopped at the end."""
    async with AsyncExitStack() as stack:
        urls = stack.enter_context(postgres.databases(f"faults_{os.urandom(4).hex()}"))
        processes = [
            await _node(stack, folder, number, urls, postgres, redis)
            for number in range(1, nodes + 1)
        ]
        for node in processes:
            stack.push_async_callback(node.stop, signal.SIGKILL)
        for node in processes:
            await node.start()
        database = Database.open(urls["main"], rows=Row)
        stack.push_async_callback(database.close)
        key_database = Database.open(urls["keys"], rows=KeyRow)
        stack.push_async_callback(key_database.close)
        keys = Keys(key_database, MasterKeys.load_or_create(folder / "master.keys"))
        log = Log(database)
        yield Cluster(
            nodes=processes, redis=redis, postgres=postgres, database=database, log=log,
            lifecycle=Lifecycle(database, log, keys), accounts=Accounts(database),
            tickets=Tickets(keys.secret("ticket")),
        )  # fmt: skip


async def _node(
    stack: AsyncExitStack, folder: Path, number: int, urls: dict[Tree, str], postgres: Postgres,
    redis: RedisServer,
) -> NodeProcess:  # fmt: skip
    name, port = f"node{number}", free_port()
    to_redis = await stack.enter_async_context(FaultProxy(("127.0.0.1", redis.port)))
    to_postgres = await stack.enter_async_context(FaultProxy(("127.0.0.1", postgres.port)))
    (folder / name).mkdir()
    url = f"http://127.0.0.1:{port}"
    environment = {
        **{key: value for key, value in os.environ.items() if not key.startswith("VISAVIS_")},
        "PYTHONPATH": str(ROOT),
        "PYTHONUNBUFFERED": "1",
        "VISAVIS_DATA_DIR": str(folder / name),
        "VISAVIS_MASTER_KEY_FILE": str(folder / "master.keys"),
        "VISAVIS_DATABASE_URL": _through(urls["main"], to_postgres),
        "VISAVIS_KEYS_URL": _through(urls["keys"], to_postgres),
        "VISAVIS_BUS_URL": f"redis://127.0.0.1:{to_redis.port}",
        "VISAVIS_LISTEN": f"127.0.0.1:{port}",
        "VISAVIS_PUBLIC_URL": url,
        "VISAVIS_NODE": name,
        "VISAVIS_LIMITS_SCALE": "1000",
    }
    return NodeProcess(name, url, environment, folder / f"{name}.log", to_redis, to_postgres)


def _through(url: str, proxy: FaultProxy) -> str:
    parts = urlsplit(url)
    return parts._replace(netloc=f"{parts.username}@127.0.0.1:{proxy.port}").geturl()
