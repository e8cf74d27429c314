"""How quick a call is: form to waiting room, accept to first picture, and what the page weighs."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
from playwright.async_api import BrowserContext, Page, expect

from tests.bench import Figure
from tests.e2e.alone import house_alone
from tests.e2e.media import eventually, media_of, warm
from tests.e2e.people import DESKTOP, PROFILE, QUICK_CAMERA, Advisor, House, word
from tests.e2e.server import ROOT, Server
from web.client.build import tool

ROUNDS = 10
NAME = ("Anna", "Beispiel")
# Nobody answers in the very second in which the other page is still being drawn.
SETTLE_SECONDS = 2.0
# Tells Python when a click happened, because the page that was clicked is gone a moment later.
CLICKED = """addEventListener("click", (event) =>
    window.benchClicked(performance.timeOrigin + event.timeStamp), true);"""
# The picture as large as the product shows it: drawing it takes its share of the time.
NAIVE_PAGE = """() => {
    document.body.innerHTML =
        '<button>accept</button><video data-testid="remote-video" autoplay playsinline></video>';
    const video = document.querySelector("video");
    Object.assign(video.style, {width: "100%", height: "90vh", objectFit: "cover"});
}"""


@dataclass(slots=True)
class Times:
    """Milliseconds, one for each round."""

    usable: list[float] = field(default_factory=list)
    warm_advisor: list[float] = field(default_factory=list)
    warm_prospect: list[float] = field(default_factory=list)
    naive_advisor: list[float] = field(default_factory=list)
    naive_prospect: list[float] = field(default_factory=list)


def measure() -> list[Figure]:
    return asyncio.run(_measure())


async def _measure() -> list[Figure]:
    times = Times()
    async with house_alone(QUICK_CAMERA) as house:
        weight = await _rounds(house, bundle(house.server.data.parent), times)
    return [
        Figure("form to waiting page usable", "ms", tuple(times.usable), "≤ 1,000"),
        Figure(
            "warm: accept to the advisor's first frame", "ms", tuple(times.warm_advisor), "≤ 150"
        ),
        Figure(
            "warm: accept to the prospect's first frame", "ms", tuple(times.warm_prospect), "≤ 150"
        ),
        Figure("naive: accept to the advisor's first frame", "ms", tuple(times.naive_advisor)),
        Figure("naive: accept to the prospect's first frame", "ms", tuple(times.naive_prospect)),
        Figure("script of the call page, gzip", "bytes", (weight,), "≤ 110,000"),
    ]


async def _rounds(house: House, script: str, times: Times) -> int:
    advisor = await house.advisor()
    weight = await _weight(house)
    for number in range(-1, ROUNDS):  # the first round warms the browser up and does not count
        counted = times if number >= 0 else Times()
        await _warm_round(house, advisor, counted)
        await advisor.open("/imprint")  # an open console would prepare for whoever waits
        await _naive_round(house, advisor, script, counted)
        await advisor.open("/console")
    return weight


async def _warm_round(house: House, advisor: Advisor, times: Times) -> None:
    """The product as it is."""
    prospect = await house.prospect()
    clicks: list[float] = []
    await prospect.context.expose_function("benchClicked", lambda at: clicks.append(at))
    await prospect.context.add_init_script(CLICKED)
    await prospect.context.add_init_script(_usable())
    await prospect.open("/")
    await prospect.fill_in(*NAME)
    await prospect.start()
    await prospect.page.wait_for_url("**/call/*")
    times.usable.append(await prospect.page.evaluate("window.benchUsable") - clicks[0])
    await prospect.allow_devices()
    await asyncio.gather(warm(prospect.page), warm(advisor.page))
    accept = advisor.accept_button(" ".join(NAME))
    await expect(accept).to_be_enabled()
    frames = await _first_frames(advisor.page, prospect.page)
    await accept.click()
    clicked = await advisor.page.evaluate("window.__probes.clicks.at(-1).at")
    at_advisor, at_prospect = await asyncio.gather(*frames)
    times.warm_advisor.append(at_advisor - clicked)
    times.warm_prospect.append(at_prospect - clicked)
    await prospect.hang_up()
    await prospect.reads("after.heading")
    await prospect.context.close()
    house.people.remove(prospect)


def _usable() -> str:
    """When the question for the devices can be answered."""
    text = word("ready.allow.both")
    return f'window.benchUsable = window.__probes.shown("button:enabled", {text!r});'


async def _naive_round(house: House, advisor: Advisor, script: str, times: Times) -> None:
    """The same browsers, server and relay; nothing prepared but the two sockets."""
    context = await house.browser.new_context(**PROFILE | {"viewport": DESKTOP})
    await context.add_init_script(path=ROOT / "tests" / "e2e" / "probes.js")
    caller = await naive_page(context, house.server, script)
    session = await caller.evaluate("window.prospect()")
    answerer = await naive_page(advisor.context, house.server, script)
    await answerer.evaluate("session => window.advisor(session)", session)
    for page in (caller, answerer):
        await is_ready(page)
    frames = await _first_frames(answerer, caller)
    await answerer.get_by_role("button", name="accept").click()
    clicked = await answerer.evaluate("window.__probes.clicks.at(-1).at")
    at_advisor, at_prospect = await asyncio.gather(*frames)
    assert (await media_of(answerer)).frames_decoded > 0
    times.naive_advisor.append(at_advisor - clicked)
    times.naive_prospect.append(at_prospect - clicked)
    await answerer.evaluate("window.end()")
    await answerer.close()
    await context.close()


async def naive_page(context: BrowserContext, server: Server, script: str) -> Page:
    """A page of the platform, emptied, with another script: same origin, same rules."""
    page = await context.new_page()
    await page.goto(f"{server.url}/imprint")
    await page.evaluate(NAIVE_PAGE)
    await page.evaluate(script + ";undefined")
    return page


async def is_ready(page: Page) -> None:
    async def ready() -> bool:
        return bool(await page.evaluate("window.ready === true"))

    await eventually(ready, bool, within_seconds=10, what="a page that has joined")


async def _first_frames(*pages: Page) -> list[asyncio.Future[float]]:
    """When each page shows its first remote frame; both are at rest and watch on return."""
    await asyncio.sleep(SETTLE_SECONDS)
    for page in pages:
        await page.evaluate("void (window.benchFrame = window.__probes.firstFrame())")
    return [asyncio.ensure_future(page.evaluate("window.benchFrame")) for page in pages]


async def _weight(house: House) -> int:
    """Bytes of all scripts that the prospect's call page needs at first, as gzip sends them."""
    prospect = await house.prospect()
    await prospect.call(*NAME)
    await prospect.page.reload()  # alone, without what the start page loaded
    await expect(prospect.page.get_by_test_id("own-video")).to_be_visible()
    loaded: list[str] = await prospect.page.evaluate(
        "performance.getEntriesByType('resource').map(({name}) => name)"
    )
    sizes = await _gzipped({url for url in loaded if urlsplit(url).path.endswith(".js")})
    await prospect.leave()
    await prospect.context.close()
    house.people.remove(prospect)
    return sum(sizes.values())


async def _gzipped(urls: set[str]) -> Mapping[str, int]:
    sizes = {}
    async with aiohttp.ClientSession(auto_decompress=False) as http:
        for url in urls:
            async with http.get(url, headers={"Accept-Encoding": "gzip"}) as answer:
                # The smallest are sent as they are.
                assert answer.headers.get("Content-Encoding", "gzip") == "gzip", url
                sizes[url] = len(await answer.read())
    assert sizes
    return sizes


def bundle(folder: Path) -> str:
    """The naive page's script, made of the product's own relay."""
    target = folder / "naive.js"
    source = ROOT / "tests" / "bench" / "naive.ts"
    options = ("--format", "iife", "--log-level", "silent", "--file", str(target))
    tool("rolldown/bin/cli.mjs", str(source), *options)
    return target.read_text()
