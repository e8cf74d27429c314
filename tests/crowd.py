"""Twenty people of bad will: each sends what is refused and what no client could have sent, and
comes back whenever they are closed. It does not know who measures what that does to others.
"""

import asyncio
import itertools
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from time import monotonic

import aiohttp

from tests.e2e.server import ROOT, Server
from tests.unit.signaling.test_sockets import MALFORMED, REFUSED

HOSTILE, A_SECOND = 20, 500


def corpus(number: int) -> "itertools.cycle[str]":
    """What may not be done, nine times; then what no client could have sent."""
    refused = itertools.cycle(argument for argument, _ in REFUSED.values())
    malformed = list(MALFORMED.values())
    packets = []
    for nth in range(len(malformed)):
        packets += ["42" + json.dumps(["send", next(refused)()]) for _ in range(9)]
        packets.append(malformed[(nth + number) % len(malformed)])
    return itertools.cycle(packets)


@dataclass(slots=True)
class Offender:
    """Somebody with a seat and a network of their own, who never gives up."""

    number: int
    session: str
    token: str
    http: aiohttp.ClientSession
    url: str
    sent: int = 0
    closed: int = 0
    turned_away: int = 0

    async def press(self, until: float) -> None:
        packets = corpus(self.number)
        while monotonic() < until:
            try:
                await self._visit(packets, until)
            except (aiohttp.ClientError, ConnectionError, KeyError):
                self.turned_away += 1
                await asyncio.sleep(0.1)

    async def _visit(self, packets: "itertools.cycle[str]", until: float) -> None:
        headers = {
            "Origin": self.url, "Authorization": f"Bearer {self.token}",
            "X-Forwarded-For": f"198.51.{self.number}.7",
        }  # fmt: skip
        join = f"{self.url}/api/sessions/{self.session}/join"
        async with self.http.post(join, json={}, headers=headers) as answer:
            ticket = (await answer.json())["ticket"]
        url = f"{self.url}/socket.io/?EIO=4&transport=websocket"
        async with self.http.ws_connect(url, headers=headers) as ws:
            argument = {"ticket": ticket, "after": 0, "log_epoch": None}
            await ws.send_str("40")
            await ws.send_str("420" + json.dumps(["join", argument]))
            hearing = asyncio.create_task(hear(ws))
            try:
                while not hearing.done() and monotonic() < until:
                    await ws.send_str(next(packets))
                    self.sent += 1
                    await asyncio.wait([hearing], timeout=HOSTILE / A_SECOND)
                self.closed += hearing.done()
            finally:
                hearing.cancel()


async def hear(ws: aiohttp.ClientWebSocketResponse) -> None:
    async for message in ws:
        if message.data == "2":
            await ws.send_str("3")


def crowd() -> None:
    """All of them, in a process of their own, so that who measures is not who presses. They come
    from elsewhere: the node and those who talk have the processors first.
    """
    os.nice(10)
    print("here", flush=True)
    url, seats, seconds = json.loads(sys.stdin.readline())
    print(json.dumps(asyncio.run(_crowd(url, seats, seconds))), flush=True)


async def _crowd(url: str, seats: list[tuple[str, str]], seconds: float) -> dict[str, float]:
    connector = aiohttp.TCPConnector(limit=0)
    began = monotonic()
    async with aiohttp.ClientSession(connector=connector) as http:
        offenders = [
            Offender(number, session, token, http, url)
            for number, (session, token) in enumerate(seats)
        ]
        await asyncio.gather(*(one.press(began + seconds) for one in offenders))
    return {
        "a_second": sum(one.sent for one in offenders) / (monotonic() - began),
        "closed": sum(one.closed for one in offenders),
        "turned_away": sum(one.turned_away for one in offenders),
    }


@asynccontextmanager
async def gathered() -> AsyncIterator[asyncio.subprocess.Process]:
    """The crowd before the gate: what it costs to start is no part of what it does."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", "from tests.crowd import crowd; crowd()",
        cwd=ROOT, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    assert await process.stdout.readline() == b"here\n"
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def pressed(
    process: asyncio.subprocess.Process,
    server: Server,
    seats: list[tuple[str, str]],
    seconds: float,
) -> dict[str, float]:
    """Let them in for so long, once; seats are sessions and tokens. What they did, as numbers."""
    said, _ = await process.communicate(json.dumps([server.url, seats, seconds]).encode() + b"\n")
    assert process.returncode == 0
    found: dict[str, float] = json.loads(said)
    return found
