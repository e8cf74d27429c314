"""What was acknowledged is there after a sudden death, in one order, without gaps."""

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from sessions.database import Database
from sessions.events import Seq, SessionId
from sessions.log import Log
from sessions.models import Row

# Twenty speakers at once, each telling what was acknowledged; until it is killed.
SPEAKERS = """
import asyncio, os, sys
from sqlalchemy import insert
from sessions.database import Database
from sessions.events import *
from sessions.log import Log
from sessions.models import Row, SessionRow

async def main():
    database = Database.open(sys.argv[1], rows=Row)
    log = Log(database)
    row = dict(id=sys.argv[2], state="active", last_seq=0, epoch=1, language="de", created_ms=1,
               request_hash=os.urandom(32))
    await database.write(lambda db: db.execute(insert(SessionRow), row).close())

    async def speak():
        sender = sender_of(new_participant_id())
        while True:
            said = Envelope(SessionId(sys.argv[2]), sender, new_event_id(), "chat.message",
                            Epoch(1), os.urandom(300))
            logged = await log.append(said)
            os.write(1, f"{logged.seq} {logged.id}\\n".encode())

    await asyncio.gather(*(speak() for _ in range(20)))

asyncio.run(main())
"""


def until_killed(arguments: list[str], acknowledged: int) -> list[str]:
    """What was told before the process died, soon after so many lines."""
    process = subprocess.Popen(
        [sys.executable, "-c", SPEAKERS, *arguments], stdout=subprocess.PIPE, text=True
    )
    with process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(acknowledged)]
        process.kill()
        return lines + process.stdout.read().splitlines()


@pytest.mark.parametrize("acknowledged", [1, 400])
async def test_what_was_acknowledged_survives_a_kill(folder: Path, acknowledged: int) -> None:
    url, session = f"sqlite:///{folder}/main.db", SessionId("5" * 32)
    lines = await asyncio.to_thread(until_killed, [url, session], acknowledged)
    told = dict(line.split() for line in lines if len(line.split()) == 2)
    database = Database.open(url, rows=Row)
    kept = {
        str(envelope.seq): envelope.id
        for envelope in await Log(database).after(session, Seq(0), limit=1_000_000)
    }
    head = await Log(database).heads([session])
    await database.close()
    assert len(told) >= acknowledged
    assert told.items() <= kept.items()
    assert list(kept) == [str(seq) for seq in range(1, len(kept) + 1)]
    assert head == {session: len(kept)}
