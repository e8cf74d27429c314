"""What people notice when the server restarts, dies, falls silent, or only reads. F-07, F-08.

The restart is one of two seconds, not ten, with deadlines of half a second, so that answers are
unknown and tried again; the figures of F-07 hold for it as they stand.
"""

import asyncio
import os
import shutil
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import psycopg
import pytest
from sqlalchemy import update

from sessions.crew import DEADLINE_SECONDS
from sessions.database import Database
from sessions.events import Envelope, Seq, SessionId, Unknown
from sessions.log import Log
from sessions.migrations import Tree
from sessions.models import FactRow, Row
from tests.disks import full, small_disk
from tests.patience import allowed
from tests.postgres import BlackHole, Postgres
from tests.unit.sessions.test_database import facts, put
from tests.unit.sessions.test_log import event, opened

RECOVERY_SECONDS = 5.0
DOWN_SECONDS = 2.0


@dataclass
class Talk:
    """Speakers who say one thing after the other, each until it is acknowledged."""

    logs: list[Log]
    sessions: list[SessionId]
    acknowledged: list[tuple[float, Envelope]] = field(default_factory=list)
    unknown: int = 0
    over: bool = False
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    async def speak(self, number: int) -> None:
        log = self.logs[number % len(self.logs)]
        while not self.over:
            await self.say(log, event(self.sessions[number % len(self.sessions)]))

    async def say(self, log: Log, said: Envelope) -> None:
        while True:
            try:
                self.acknowledged.append((time.monotonic(), await log.append(said)))
                self._news.set()
            except Unknown:
                self.unknown += 1
            else:
                return

    async def more(self, number: int) -> None:
        """Until so many more were acknowledged."""
        until = len(self.acknowledged) + number
        async with asyncio.timeout(60):
            while len(self.acknowledged) < until:
                self._news.clear()
                await self._news.wait()


@asynccontextmanager
async def talking(urls: dict[Tree, str]) -> AsyncIterator[Talk]:
    """Twenty speakers at two nodes."""
    databases = [Database.open(urls["main"], rows=Row) for _ in range(2)]
    logs = [Log(database, deadline_seconds=0.5) for database in databases]
    talk = Talk(logs, await opened(databases[0], 5, "active"))
    speakers = [asyncio.create_task(talk.speak(number)) for number in range(20)]
    try:
        yield talk
        talk.over = True
        await asyncio.gather(*speakers)
    finally:
        for speaker in speakers:
            speaker.cancel()
        await asyncio.gather(*speakers, return_exceptions=True)
        for database in databases:
            await database.close()


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
async def test_nothing_acknowledged_is_lost_when_the_server_restarts(
    server: Postgres, urls: dict[Tree, str], how: signal.Signals
) -> None:
    """F-07: an orderly restart, and a sudden death."""
    async with talking(urls) as talk:
        await talk.more(200)
        await asyncio.to_thread(server.stop, how)
        await asyncio.sleep(DOWN_SECONDS)
        await asyncio.to_thread(server.start)
        back = time.monotonic()
        before = len(talk.acknowledged)
        await talk.more(200)
    first_after = min(at for at, _ in talk.acknowledged[before:])
    assert first_after - back < allowed(RECOVERY_SECONDS)
    assert talk.unknown > 0  # else nothing was tried
    database = Database.open(urls["main"], rows=Row)
    log = Log(database)
    stored: dict[str, Envelope] = {}
    for session in talk.sessions:
        events = await log.after(session, Seq(0), limit=1_000_000)
        assert [one.seq for one in events] == list(range(1, len(events) + 1))
        stored |= {one.id: one for one in events}
    # Acknowledged once each, in spite of all the retries, and as it is stored.
    assert len(stored) == len(talk.acknowledged)
    assert all(stored[one.id] == one for _, one in talk.acknowledged)
    again = talk.acknowledged[:: len(talk.acknowledged) // 50]
    assert [(await log.append(one)).seq for _, one in again] == [one.seq for _, one in again]
    await database.close()


async def longest_pause(while_running: Awaitable[None]) -> float:
    """How long the loop was away at most, meanwhile."""
    longest, before = 0.0, time.monotonic()
    job = asyncio.ensure_future(while_running)
    while not job.done():
        await asyncio.sleep(0.01)
        now = time.monotonic()
        longest, before = max(longest, now - before), now
    await job
    return longest


async def test_a_black_hole_is_unknown_within_the_deadline(
    server: Postgres, urls: dict[Tree, str], caplog: pytest.LogCaptureFixture
) -> None:
    """What was sent is taken and never answered, so that no timeout of TCP comes to help."""
    async with BlackHole(server.port) as hole:
        name = urls["main"].rpartition("/")[2]
        through = server.url(name, hole.port)
        database = await asyncio.to_thread(Database.open, through, rows=Row)
        log = await asyncio.to_thread(Log, database)
        [session] = await opened(database)
        await log.append(event(session))
        said = event(session)

        async def timed(job: Callable[[], Awaitable[object]]) -> float:
            began = time.monotonic()
            with pytest.raises(Unknown):
                await job()
            return time.monotonic() - began

        async def silence() -> None:
            hole.swallow()
            took = await asyncio.gather(
                timed(lambda: log.append(said)),
                *(timed(lambda: database.write(put("a"))) for _ in range(5)),
                *(timed(lambda: database.read(facts)) for _ in range(5)),
            )
            assert max(took) < DEADLINE_SECONDS + allowed(0.5)

        assert await longest_pause(silence()) < allowed(0.25)
        hole.pass_on()  # but not to the connections that kept us waiting
        began = time.monotonic()
        assert (await log.append(said)).seq == 2
        assert await database.write(put("b")) == "b"
        assert "b" in await database.read(facts)
        assert "fell silent" in caplog.text
        assert time.monotonic() - began < allowed(RECOVERY_SECONDS)
        await database.close()


async def test_closing_does_not_wait_for_a_server_that_is_silent(
    server: Postgres, urls: dict[Tree, str]
) -> None:
    database = Database.open(urls["main"], rows=Row)
    await database.write(put("a"))
    server.freeze()
    try:
        writing = asyncio.create_task(database.write(put("b")))
        await asyncio.sleep(0)
        began = time.monotonic()
        await database.close()
        assert time.monotonic() - began < allowed(15)
        with pytest.raises(Unknown):
            await writing
    finally:
        server.thaw()


async def test_a_server_whose_disk_is_full_refuses_until_there_is_room(server: Postgres) -> None:
    """F-08: the same for a disk that is full; what was acknowledged is there, and no half row."""
    disk = server.folder / "small"
    disk.mkdir()
    with small_disk(disk, "24m"):
        if os.getuid() == 0:
            shutil.chown(disk, "postgres", "postgres")
        server.order(f"CREATE TABLESPACE small LOCATION '{disk}'")
        server.order("CREATE DATABASE small TEMPLATE template_main TABLESPACE small")
        database = Database.open(server.url("small"), rows=Row)
        try:
            log = Log(database)
            [session] = await opened(database)
            said = [event(session)._replace(sealed=bytes(16_000)) for _ in range(1_000)]
            acknowledged: list[Envelope] = []

            async def say() -> None:
                for one in said:
                    acknowledged.append(await log.append(one))

            with full(disk), pytest.raises(Unknown):
                await say()
            assert await log.after(session, Seq(0), limit=1_000) == acknowledged
            again = await log.append(said[len(acknowledged)])
            assert again.seq == len(acknowledged) + 1
        finally:
            await database.close()
            server.order("DROP DATABASE small WITH (FORCE)")
            server.order("DROP TABLESPACE small")
    disk.rmdir()


async def test_a_server_that_only_reads_refuses_until_it_writes_again(
    server: Postgres, urls: dict[Tree, str], database: Database
) -> None:
    """F-08: nothing is half written, reading goes on, and it recovers by itself."""
    log = Log(database, deadline_seconds=0.5)
    [session] = await opened(database)
    assert (await log.append(event(session))).seq == 1
    name = urls["main"].rpartition("/")[2]
    server.order(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    with psycopg.connect(urls["main"], autocommit=True) as other:
        other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    with pytest.raises(Unknown):
        await log.append(event(session))
    assert len(await log.after(session, Seq(0))) == 1
    server.order(f"ALTER DATABASE {name} SET default_transaction_read_only = off")
    changed = update(FactRow).values(value="x").where(FactRow.name == "none")
    await database.write(lambda db: db.execute(changed).close())
    log = Log(database)  # patient again
    assert (await log.append(event(session))).seq == 2
    assert len(await log.after(session, Seq(0))) == 2
