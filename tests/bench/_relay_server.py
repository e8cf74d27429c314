"""Our side of the relay measurement: a node on loopback with a real log, and seats to give away."""

import asyncio
import sys
import tempfile
from pathlib import Path

import uvloop
from aiohttp import web

from sessions.clock import wall_clock_ms
from sessions.database import Database
from sessions.events import Epoch, Role
from sessions.lifecycle import Name
from sessions.models import KeyRow, Row
from signaling.bus import MemoryBus
from signaling.limits import Limits
from signaling.sockets import Sockets
from signaling.tickets import Claims
from tests.world import Node, migrated

ORIGIN = "http://127.0.0.1"
UNLIMITED = Limits(events_per_second=1e9, events_burst=1e9, coalesced_per_second=1e9)


async def give_seats(node: Node, advisor: str, number: int) -> list[str]:
    """A session of two; what the load generator must know of it."""
    started = await node.lifecycle.start(
        name=Name("Ada", "Lovelace"), topic=None, language="de", request=b"%d" % number
    )
    seat = await node.lifecycle.advisor_seat(started.session, advisor, prepare=False)
    key = await node.keys.content_key(started.session, Epoch(1))
    prospect = Claims(started.session, started.participant, Role.PROSPECT)
    colleague = Claims(started.session, seat.participant, Role.ADVISOR, advisor)
    tickets = [node.tickets.issue(claims, wall_clock_ms()) for claims in (prospect, colleague)]
    return [started.session, *tickets, key.hex()]


async def serve(folder: Path) -> None:
    """Serve until standard input ends."""
    migrated(folder)
    database = Database.open(f"sqlite:///{folder}/main.db", rows=Row)
    key_database = Database.open(f"sqlite:///{folder}/keys.db", rows=KeyRow)
    node = Node.over(
        "bench", database, key_database, MemoryBus(), sweep_seconds=1.0, now_ms=wall_clock_ms
    )
    await node.start()
    account = await node.accounts.add(
        "advisor", display_name="Advisor", role=Role.ADVISOR, password_hash="-"
    )
    app = web.Application()
    sockets = Sockets(node.speaking, [ORIGIN], limits=UNLIMITED)
    sockets.attach(app)
    numbers = iter(range(1_000_000))

    async def seats(request: web.Request) -> web.Response:
        count = int(request.query["sessions"])
        return web.json_response(
            [await give_seats(node, account.id, next(numbers)) for _ in range(count)]
        )

    app.router.add_get("/seats", seats)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    await runner.cleanup()
    await node.close()
    await database.close()
    await key_database.close()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        uvloop.run(serve(Path(scratch)))
