"""How quick the board is: from pen to the other screen, opened and drawn on when it is full.

The same strokes by the same mouse go over a plain Socket.IO relay on Node, as Excalidraw's own
collaboration sends them: whole elements, neither sealed nor logged.
"""

import asyncio
import json
import math
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, CDPSession, Page, expect

from tests.bench import Figure, peer
from tests.e2e.alone import house_alone
from tests.e2e.media import eventually
from tests.e2e.people import DESKTOP, SLOW_CAMERA
from tests.e2e.server import ROOT
from tests.e2e.test_board import PASTE, Desk, at_the_board
from web.client.build import tool

STROKES = 20
MOVES = 40
MANY = 2_000
AT_ONCE = 500
SECONDS = 3.0
ROUNDS = 5
UP = """addEventListener("pointerup", (event) => {
    window.benchUp = performance.timeOrigin + event.timeStamp;
}, true)"""
SEEN = """() => {
    const board = document.querySelector("section.board");
    new MutationObserver(() => {
        if (board.dataset.settled !== "true") return;
        requestAnimationFrame(() => {
            window.benchSeen = performance.timeOrigin + performance.now();
        });
    }).observe(board, { attributes: true, attributeFilter: ["data-settled"] });
}"""
# Until the frame after the one in which everything was laid on the paper.
OPENED = """label => new Promise((done) => {
    const start = performance.now();
    const look = () => {
        if (document.querySelector('section.board[data-settled="true"]')) {
            requestAnimationFrame(() => done(performance.now() - start));
        } else requestAnimationFrame(look);
    };
    document.querySelector(`button[aria-label="${label}"]`).click();
    look();
})"""
FRAMES = """ms => new Promise((done) => {
    const start = performance.now();
    let frames = 0;
    const next = () => {
        frames += 1;
        const passed = performance.now() - start;
        if (passed >= ms) done(frames / passed * 1000); else requestAnimationFrame(next);
    };
    requestAnimationFrame(next);
})"""


@dataclass(slots=True)
class Sent:
    """Bytes of WebSocket frames that a page has sent, as text."""

    bytes: int = 0

    @classmethod
    async def of(cls, page: Page) -> "Sent":
        sent = cls()
        cdp: CDPSession = await page.context.new_cdp_session(page)

        def count(event: dict[str, Any]) -> None:
            sent.bytes += len(event["response"]["payloadData"])

        cdp.on("Network.webSocketFrameSent", count)
        await cdp.send("Network.enable")
        return sent


@dataclass(slots=True)
class Strokes:
    """One value for each stroke."""

    latency: list[float] = field(default_factory=list)
    bytes: list[float] = field(default_factory=list)


def measure() -> list[Figure]:
    return asyncio.run(_measure())


async def _measure() -> list[Figure]:
    async with house_alone(SLOW_CAMERA) as house:
        prospect, advisor = await at_the_board(house)
        ours = await _our_strokes(advisor, prospect)
        await _fill(advisor, prospect)
        opened = [await _opened(advisor) for _ in range(ROUNDS)]
        frames = [await _frames_while_drawing(advisor) for _ in range(ROUNDS)]
        await house.close()
        theirs = await _peer_strokes(house.browser, house.server.data.parent)
    return [
        Figure("pen up to settled on the other screen", "ms", tuple(ours.latency), "≤ 100"),
        Figure("plain relay: pen up to the other screen", "ms", tuple(theirs.latency)),
        Figure("a stroke, sealed and logged", "bytes", tuple(ours.bytes)),
        Figure("plain relay: the same stroke", "bytes", tuple(theirs.bytes)),
        Figure(f"opening a board of {MANY:,} elements", "ms", tuple(opened), "≤ 2,000"),
        Figure("drawing on it", "frames/s", tuple(frames), "≥ 50"),
    ]


async def _our_strokes(drawer: Desk, other: Desk) -> Strokes:
    page, far = drawer.person.page, other.person.page
    await page.evaluate(UP)
    await far.evaluate(SEEN)
    await drawer.tool("board.tool.pen").click()
    box = await drawer.paper.bounding_box()
    assert box is not None
    return await _strokes(page, far, (box["x"], box["y"]))


async def _strokes(page: Page, far: Page, origin: tuple[float, float]) -> Strokes:
    """The same curves, at a hand's pace; the first one warms up and does not count."""
    found, sent = Strokes(), await Sent.of(page)
    for number in range(-1, STROKES):
        before = sent.bytes
        await _draw(page, origin, number + 1)
        up = await page.evaluate("window.benchUp")

        async def seen() -> float:
            return float(await far.evaluate("window.benchSeen ?? 0"))

        at = await eventually(
            seen, _later_than(up), within_seconds=10, what="the stroke on the other screen"
        )
        if number >= 0:
            found.latency.append(at - up)
            found.bytes.append(sent.bytes - before)
    return found


def _later_than(moment: float) -> Callable[[float], bool]:
    return lambda at: at > moment


async def _draw(page: Page, origin: tuple[float, float], number: int) -> None:
    left, top = origin[0] + 80, origin[1] + 120 + 20 * number
    await page.mouse.move(left, top)
    await page.mouse.down()
    for step in range(MOVES):
        await page.mouse.move(left + 10 * step, top + 30 * math.sin(step / 4))
        await asyncio.sleep(0.016)
    await page.mouse.up()


async def _fill(drawer: Desk, other: Desk) -> None:
    """Out of the clipboard, as anybody could: boxes, ellipses, strokes in rows."""
    for start in range(0, MANY, AT_ONCE):
        elements = [_element(number) for number in range(start, start + AT_ONCE)]
        text = json.dumps({"type": "excalidraw/clipboard", "elements": elements})
        paper = drawer.paper.locator(".excalidraw-container")
        await paper.evaluate(PASTE, {"text/plain": text})
        for desk in (drawer, other):
            await expect(desk.board).to_have_attribute("data-settled", "true", timeout=60_000)


def _element(number: int) -> dict[str, object]:
    kind = ("rectangle", "ellipse", "freedraw")[number % 3]
    points = [[x, 10 * math.sin(x / 3)] for x in range(24)] if kind == "freedraw" else None
    return {
        "id": f"e{number}",
        "type": kind,
        "x": 30 * (number % 50),
        "y": 30 * (number // 50),
        "width": 24,
        "height": 20,
        "version": 1,
        "versionNonce": number,
        **({"points": points} if points else {}),
    }


async def _opened(desk: Desk) -> float:
    await desk.person.button("board.close").click()
    await expect(desk.board).to_have_count(0)
    return float(await desk.person.page.evaluate(OPENED, "Tafel öffnen"))


async def _frames_while_drawing(desk: Desk) -> float:
    page = desk.person.page
    await desk.tool("board.tool.pen").click()
    box = await desk.paper.bounding_box()
    assert box is not None
    counting = asyncio.ensure_future(page.evaluate(FRAMES, SECONDS * 1_000))
    await page.mouse.move(box["x"] + 80, box["y"] + 80)
    await page.mouse.down()
    step = 0
    while not counting.done():
        step += 1
        angle = step / 12
        await page.mouse.move(
            box["x"] + 300 + 200 * math.cos(angle), box["y"] + 250 + 150 * math.sin(angle)
        )
        await asyncio.sleep(0.008)
    await page.mouse.up()
    return float(await counting)


async def _peer_strokes(browser: Browser, folder: Path) -> Strokes:
    async with _peer_pages(browser, folder) as (page, far):
        await page.evaluate(UP)
        await page.locator('label:has([data-testid="toolbar-freedraw"])').click()
        return await _strokes(page, far, (240.0, 40.0))


@asynccontextmanager
async def _peer_pages(browser: Browser, folder: Path) -> AsyncIterator[tuple[Page, Page]]:
    process = await asyncio.create_subprocess_exec(
        *(peer.node(), str(peer.HERE / "board.mjs"), str(_peer_site(folder))),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stdin is not None
    try:
        port = (await process.stdout.readline()).decode().strip()
        origin = f"http://127.0.0.1:{port}"
        pages = []
        for _ in range(2):
            context = await browser.new_context(viewport=DESKTOP)
            # Its fonts come from elsewhere; here nothing does.
            await context.route(lambda url: not url.startswith(origin), lambda route: route.abort())
            pages.append(await context.new_page())
            await pages[-1].goto(origin)
            await expect(pages[-1].locator("canvas.interactive")).to_be_visible(timeout=30_000)
        yield pages[0], pages[1]
        for page in pages:
            await page.context.close()
    finally:
        process.stdin.close()
        await process.wait()


def _peer_site(folder: Path) -> Path:
    site = folder / "peer"
    site.mkdir()
    options = ("--format", "esm", "--log-level", "silent", "--file", str(site / "board.js"))
    tool("rolldown/bin/cli.mjs", str(peer.HERE / "board.ts"), "--no-code-splitting", *options)
    package = ROOT / "web/client/node_modules/@excalidraw/excalidraw/dist/prod"
    shutil.copy(package / "index.css", site / "index.css")
    head = '<meta charset="utf-8"><link rel="stylesheet" href="/index.css">'
    body = '<div id="root" style="height: 100vh"></div><script type="module" src="/board.js">'
    (site / "index.html").write_text(f"<!doctype html>{head}{body}</script>")
    return site
