"""Four hundred connections that are lost in one moment, and come back the way a page does."""

import asyncio
import json
import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from tests.e2e.server import Server
from tests.stores import stores_in

HERD = 400
FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS = 0.5, 8.0  # as in connection.ts


@dataclass(slots=True)
class Page:
    """A browser's page as far as connections go: it comes back the way `connection.ts` does."""

    number: int
    session: str
    token: str
    http: aiohttp.ClientSession
    url: str
    dice: random.Random
    ws: aiohttp.ClientWebSocketResponse | None = None
    shed: int = 0

    async def come(self) -> None:
        """Try until it is joined."""
        failures = 0
        while not await self._try():
            wait = self._asked or self.dice.random() * min(
                LONGEST_WAIT_SECONDS, FIRST_WAIT_SECONDS * 2**failures
            )
            failures += 1
            await asyncio.sleep(wait)

    def lose(self) -> None:
        """The network is gone: nothing is said, nothing is closed in order."""
        assert self.ws is not None
        connection = self.ws._response.connection
        if connection is not None and connection.transport is not None:  # else it is lost already
            connection.transport.abort()
        self.ws = None

    _asked: float = 0.0

    async def _try(self) -> bool:
        self._asked = 0.0
        headers = {
            "Origin": self.url, "Authorization": f"Bearer {self.token}",
            "X-Forwarded-For": f"198.51.{self.number // 250}.{self.number % 250 + 1}",
        }  # fmt: skip
        join = f"{self.url}/api/sessions/{self.session}/join"
        try:
            async with self.http.post(join, json={}, headers=headers) as answer:
                admission = await answer.json()
            if answer.status == 503:
                self.shed += 1
                self._asked = admission["error"]["retry_s"] * (1 + self.dice.random() / 2)
                return False
            assert answer.status == 200, admission
            url = f"{self.url}/socket.io/?EIO=4&transport=websocket"
            self.ws = await self.http.ws_connect(url, headers=headers)
            return await self._join(self.ws, admission["ticket"])
        except aiohttp.ClientError:
            return False

    async def _join(self, ws: aiohttp.ClientWebSocketResponse, ticket: str) -> bool:
        await ws.send_str("40")
        argument = {"ticket": ticket, "after": 0, "log_epoch": None}
        async for message in ws:
            if message.data.startswith("40"):
                await ws.send_str("420" + json.dumps(["join", argument]))
            elif message.data.startswith("430"):
                [joined] = json.loads(message.data[3:])
                self.shed += joined.get("code") == "busy"
                return bool(joined["ok"])
        return False


@asynccontextmanager
async def herd(folder: Path) -> AsyncIterator[list[Page]]:
    """So many prospects who wait, each connected, before a node as it is deployed."""
    seats = await _seats_in(folder)
    server = await Server.start(folder, VISAVIS_TRUSTED_PROXIES="127.0.0.0/8")
    try:
        connector = aiohttp.TCPConnector(limit=0)
        async with aiohttp.ClientSession(
            connector=connector, cookie_jar=aiohttp.DummyCookieJar()
        ) as http:
            pages = [
                Page(number, session, token, http, server.url, random.Random(number))
                for number, (session, token) in enumerate(seats)
            ]
            await asyncio.gather(*(page.come() for page in pages))
            yield pages
    finally:
        await server.stop()


async def _seats_in(folder: Path) -> list[tuple[str, str]]:
    """Sessions that were begun before the server starts, and the tokens of their prospects."""
    async with stores_in(folder) as stores:
        started = await asyncio.gather(*map(stores.start, range(HERD)))
    return [(one.session, one.token) for one in started]


@dataclass(frozen=True, slots=True)
class Return:
    """How a herd came back. Times in seconds since the loss, ascending."""

    times: list[float]
    shed: int  # answers "come later"
    slowest_answer: float  # to somebody else meanwhile

    @property
    def p95(self) -> float:
        return self.times[int(0.95 * len(self.times))]

    def __str__(self) -> str:
        return (
            f"{len(self.times)} back: p95 {self.p95:.1f} s, all {self.times[-1]:.1f} s; "
            f"{self.shed} told to come later; "
            f"slowest answer to others meanwhile {self.slowest_answer:.2f} s"
        )


async def lost_and_back(pages: list[Page]) -> Return:
    """Cut every connection at once, and see them all join again."""
    for page in pages:
        page.shed = 0
        page.lose()
    lost_at = time.monotonic()

    async def back(page: Page) -> float:
        await page.come()
        return time.monotonic() - lost_at

    coming = asyncio.gather(*(back(page) for page in pages))
    answered = await _answers_while(coming, pages[0])
    return Return(sorted(await coming), sum(page.shed for page in pages), max(answered))


async def _answers_while(coming: "asyncio.Future[list[float]]", page: Page) -> list[float]:
    """How long somebody else waits for an answer, again and again, until all are back."""
    answered = []
    while not coming.done():
        asked_at = time.monotonic()
        async with page.http.get(page.url + "/readyz") as answer:
            assert answer.status == 200
        answered.append(time.monotonic() - asked_at)
        await asyncio.wait([coming], timeout=0.1)
    return answered
