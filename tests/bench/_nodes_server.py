"""One of several nodes to be measured, on a PostgreSQL and a Redis, with seats to give away."""

import asyncio
import sys

import uvloop
from aiohttp import web

from sessions.clock import wall_clock_ms
from sessions.database import Database
from sessions.events import Role
from sessions.keys import MasterKeys
from sessions.models import KeyRow, Row
from signaling.redis_bus import RedisBus
from signaling.sockets import Sockets
from tests.bench._relay_server import ORIGIN, UNLIMITED, give_seats
from tests.world import Node

_MASTER = MasterKeys({1: bytes(32)})  # the world's


async def serve(name: str, main_url: str, keys_url: str, redis_url: str) -> None:
    """Serve until standard input ends."""
    database = Database.open(main_url, rows=Row)
    key_database = Database.open(keys_url, rows=KeyRow)
    bus = RedisBus(redis_url, secrets=_MASTER.secrets("bus"), names=_MASTER.secrets("bus channel"))
    await bus.start()
    node = Node.over(
        name, database, key_database, bus,
        sweep_seconds=1.0, desk_seconds=5.0, now_ms=wall_clock_ms,
    )  # fmt: skip
    await node.start()
    account = await node.accounts.add(
        f"advisor-{name}", display_name="Advisor", role=Role.ADVISOR, password_hash="-"
    )
    app = web.Application()
    Sockets(node.speaking, [ORIGIN], limits=UNLIMITED).attach(app)
    numbers = iter(range(hash(name) % 2**32 * 1_000_000, 2**63))

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
    await bus.close()
    await database.close()
    await key_database.close()


if __name__ == "__main__":
    uvloop.run(serve(*sys.argv[1:]))
