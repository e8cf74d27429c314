"""Whether the time of an answer tells a wrong code from a number that nobody has."""

import asyncio
import secrets
import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter

import aiohttp

from sessions.lifecycle import Started
from tests.bench import Figure
from tests.e2e.server import Server
from tests.stores import stores_in

TRIES = 600
BLOCKS = 12  # each gives one ratio: the machine changes while it is measured
PROMISED = "0.95 to 1.05"


def measure() -> list[Figure]:
    return asyncio.run(_measure())


async def _measure() -> list[Figure]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        async with stores_in(folder) as stores:
            seats = [await stores.start(number) for number in range(2)]
        server = await Server.start(folder, VISAVIS_LIMITS_SCALE="10000")
        try:
            async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http:
                mine, theirs = [await _claim(http, server.url, seat) for seat in seats]
                wrong, unknown = await _alternately(
                    http, server.url, mine["number"], theirs["code"]
                )
        finally:
            await server.stop()
    size = TRIES // BLOCKS
    ratios = tuple(
        median(wrong[at : at + size]) / median(unknown[at : at + size])
        for at in range(0, TRIES, size)
    )
    return [
        Figure("a wrong code", "ms", tuple(wrong)),
        Figure("a number that nobody has", "ms", tuple(unknown)),
        Figure("wrong code to unknown number, medians of blocks", "times", ratios, PROMISED),
    ]


async def _claim(http: aiohttp.ClientSession, url: str, seat: Started) -> dict[str, str]:
    headers = {"Origin": url, "Authorization": f"Bearer {seat.token}"}
    path = f"{url}/api/sessions/{seat.session}/receipt"
    async with http.post(path, json={}, headers=headers) as answer:
        claim: dict[str, str] = await answer.json()
    return claim


async def _alternately(
    http: aiohttp.ClientSession, url: str, number: str, code: str
) -> tuple[list[float], list[float]]:
    """Milliseconds; which of the two comes first is left to chance. The code is of another one."""
    other = f"{(int(number.replace(' ', '')) + 1) % 10**12:012}"
    forms = ({"number": number, "code": code}, {"number": other, "code": code})
    took: tuple[list[float], list[float]] = ([], [])
    for _ in range(TRIES):
        order = (0, 1) if secrets.randbelow(2) else (1, 0)
        for which in order:
            began = perf_counter()
            async with http.post(
                f"{url}/receipt", data=forms[which], headers={"Origin": url}
            ) as answer:
                await answer.read()
            took[which].append((perf_counter() - began) * 1_000)
            assert answer.status == 404, answer.status
    return took
