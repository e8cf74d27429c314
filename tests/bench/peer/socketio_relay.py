"""A plain relay on python-socketio with its own Redis manager: what ours is measured against.

Unencrypted and without a log; numbers are per node. It delivers to everybody in the room.
"""

import asyncio
import sys
from time import time
from typing import Any

import socketio
import uvloop
from aiohttp import web


async def serve(redis_url: str) -> None:
    """Serve until standard input ends."""
    io = socketio.AsyncServer(
        async_mode="aiohttp",
        client_manager=socketio.AsyncRedisManager(redis_url),
        transports=["websocket"],
        async_handlers=False,
        cors_allowed_origins="*",
    )
    seqs: dict[str, int] = {}

    async def join(sid: str, asked: dict[str, Any]) -> dict[str, Any]:
        session = asked["ticket"]
        await io.save_session(sid, {"session": session})
        await io.enter_room(sid, session)
        return {"ok": True, "sender": sid, "seq": seqs.get(session, 0)}

    async def send(sid: str, said: dict[str, Any]) -> dict[str, Any]:
        session = (await io.get_session(sid))["session"]
        seq = seqs[session] = seqs.get(session, 0) + 1
        event = said | {"seq": seq, "sender": sid, "at": int(time() * 1000)}
        await io.emit("event", event, room=session)
        return {"ok": True, "seq": seq}

    io.on("join", join)
    io.on("send", send)
    app = web.Application()
    io.attach(app)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    await runner.cleanup()


if __name__ == "__main__":
    uvloop.run(serve(*sys.argv[1:]))
