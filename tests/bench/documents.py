"""A large document on the board: when both see its first page, what that fetches, what it holds."""

import asyncio
import tempfile
import time
from dataclasses import dataclass, field

import psutil
from playwright.async_api import Locator, Page, Response, expect

from tests.bench import Figure
from tests.e2e import pdfs
from tests.e2e.alone import house_alone
from tests.e2e.people import SLOW_CAMERA, Advisor, House, Prospect, word

PAGES = 100
BYTES = 25_000_000
ROUNDS = 3
SETTLE_SECONDS = 2.0


@dataclass(slots=True)
class Seen:
    own_ms: list[float] = field(default_factory=list)
    other_ms: list[float] = field(default_factory=list)
    fetched_kb: list[float] = field(default_factory=list)
    turned_ms: list[float] = field(default_factory=list)
    memory_mb: list[float] = field(default_factory=list)  # after page 1, then after each tenth page


def measure() -> list[Figure]:
    return asyncio.run(_measure())


async def _measure() -> list[Figure]:
    seen = Seen()
    for last in range(ROUNDS - 1, -1, -1):
        async with house_alone(SLOW_CAMERA) as house:
            await _round(house, seen, turning=last == 0)
    return [
        Figure("chosen to first page, whoever lays it", "ms", tuple(seen.own_ms), "≤ 3,000"),
        Figure("chosen to first page, the other side", "ms", tuple(seen.other_ms), "≤ 3,000"),
        Figure("fetched by the other side until then", "kB", tuple(seen.fetched_kb)),
        Figure("page turned to page seen by both", "ms", tuple(seen.turned_ms)),
        Figure("memory of both browsers, page 1", "MB", (seen.memory_mb[0],)),
        Figure(
            "memory of both while turning 100 pages", "MB", tuple(seen.memory_mb[1:]), "bounded"
        ),
    ]


async def _round(house: House, seen: Seen, *, turning: bool) -> None:
    berta, anna = await _board(house)
    content = pdfs.large(PAGES, BYTES)
    with tempfile.NamedTemporaryFile(suffix=".pdf") as file:
        file.write(content)
        file.flush()
        fetched = _fetches(anna.page)
        started = time.monotonic()
        await berta.page.get_by_test_id("document-input").first.set_input_files(file.name)
        own, other = await asyncio.gather(_drawn(berta, 1, started), _drawn(anna, 1, started))
        seen.own_ms.append(own)
        seen.other_ms.append(other)
        seen.fetched_kb.append(sum(fetched) / 1_000)
        if turning:
            await _turn(berta, anna, seen)


async def _board(house: House) -> tuple[Advisor, Prospect]:
    berta, anna = await house.advisor(), await house.prospect()
    await anna.call("Anna", "Beispiel")
    await berta.accept("Anna Beispiel")
    await anna.in_talk()
    await berta.button("board.open").click()
    for person in (berta, anna):
        await expect(person.button("board.export.open")).to_be_visible(timeout=60_000)
    await asyncio.sleep(SETTLE_SECONDS)
    return berta, anna


def _fetches(page: Page) -> list[int]:
    """Bytes of every answer that carries a part of a file, as they come."""
    sizes: list[int] = []

    def heard(response: Response) -> None:
        if "/files/" in response.url and response.request.method == "GET":
            sizes.append(int(response.headers.get("content-length", "0")))

    page.on("response", heard)
    return sizes


async def _drawn(person: Advisor | Prospect, number: int, started: float) -> float:
    sheet: Locator = person.page.locator(f'.sheet[data-page$="-{number}"][data-state="drawn"]')
    await sheet.first.wait_for(timeout=120_000)
    return (time.monotonic() - started) * 1_000


async def _turn(berta: Advisor, anna: Prospect, seen: Seen) -> None:
    """Through all pages, as they come, and what that takes."""
    laying = berta.page.locator(".deckword")
    await expect(laying).to_be_hidden(timeout=120_000)
    seen.memory_mb.append(_memory_mb())
    button = berta.button("board.document.on")
    for number in range(2, PAGES + 1):
        started = time.monotonic()
        await button.click()
        seen.turned_ms.append(
            max(await asyncio.gather(_drawn(berta, number, started), _drawn(anna, number, started)))
        )
        if number % 10 == 0:
            seen.memory_mb.append(_memory_mb())
    place = word("board.document.place", page=PAGES, of=PAGES)
    await expect(anna.page.get_by_text(place)).to_be_attached()


def _memory_mb() -> float:
    """Resident, of all processes of the browser; shared pages count once for each."""
    processes = psutil.Process().children(recursive=True)
    browsers = [process for process in processes if "chrom" in process.name()]
    return sum(process.memory_info().rss for process in browsers) / 1e6
