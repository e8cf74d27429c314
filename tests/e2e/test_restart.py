"""The server restarts in the middle of a talk, and those who talk do not notice."""

import asyncio
import math
import time
from contextlib import suppress
from typing import Any

import aiohttp
from playwright.async_api import Page, expect

from tests.e2e.guard import CUT_OFF
from tests.e2e.media import eventually, media_of, sees_and_hears
from tests.e2e.people import House, Prospect, Talker, word
from tests.e2e.test_chat_survives import LINES, TYPE
from tests.patience import allowed

# From now on: the longest pause between two pictures of the other person, and when which of the
# alarming sentences was first on the screen, in ms since the epoch.
WATCH = """(sentences) => {
    const seen = {longestPauseMs: 0, alarming: {}};
    const video = document.querySelector('video[data-testid="remote-video"]');
    let last = performance.now();
    const frame = (now) => {
        seen.longestPauseMs = Math.max(seen.longestPauseMs, now - last);
        last = now;
        video.requestVideoFrameCallback(frame);
    };
    video.requestVideoFrameCallback((now) => {
        last = now;
        video.requestVideoFrameCallback(frame);
    });
    const look = () => {
        for (const sentence of sentences) {
            if (!document.body.textContent.includes(sentence)) continue;
            seen.alarming[sentence] ??= Date.now();
        }
    };
    new MutationObserver(look).observe(document.body,
        {subtree: true, childList: true, characterData: true});
    window.__watched = seen;
}"""
NOT_THERE = (
    r"ERR_CONNECTION_REFUSED|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE|status of 503|WebSocket"
)
LONGEST_PAUSE_MS = 1_500  # five pictures a second on a machine that starts a server meanwhile
BACK_SECONDS = 5.0
# Whoever moves is not told so for this long; where a server takes longer to start, they are.
UNTOLD_MS = 8_000


def of_us(talker: Talker) -> str:
    """What a page says where it does not reach us."""
    mine = "talk.trouble.link" if isinstance(talker, Prospect) else "console.talk.reconnecting"
    return word(mine)


def of_them(talker: Talker, other: str) -> list[str]:
    """What a page says of trouble with whom one talks: never to be read while we are away."""
    told = ("talk.trouble.media", "talk.trouble.away") if isinstance(talker, Prospect) else (
        "console.talk.connecting", "console.talk.gone", "console.talk.tip.no-path",
    )  # fmt: skip
    return [word(key, name=other) for key in told]


async def test_a_restart_in_mid_talk_costs_nothing(house: House) -> None:
    """F-28 on one node: no failed send, nothing lost or doubled, media never interrupted."""
    advisor, prospect = await house.advisor(), await house.prospect()
    await prospect.call("Anna", "Beispiel")
    await advisor.accept("Anna Beispiel")
    people: dict[str, Talker] = {"A": advisor, "P": prospect}
    for talker in people.values():
        talker.guard.allow(NOT_THERE)
        talker.guard.allow(CUT_OFF)
        await talker.open_chat()
        await sees_and_hears(talker.page)
    for talker, other in ((prospect, "Berta Berater"), (advisor, "Anna Beispiel")):
        await talker.page.evaluate(WATCH, [of_us(talker), *of_them(talker, other)])

    over = asyncio.Event()
    talking = [asyncio.create_task(talk(talker.page, who, over)) for who, talker in people.items()]
    left_ms = time.time() * 1000
    await house.server.restart()
    ready_at = time.monotonic()
    over.set()
    said = dict(zip(people, await asyncio.gather(*talking), strict=True))

    read = [await everything(talker.page, sum(said.values())) for talker in people.values()]
    back_seconds = time.monotonic() - ready_at
    assert read[0] == read[1]
    for who, count in said.items():
        assert count >= 5, "they went on talking meanwhile"
        mine = [text for text in read[0] if text.startswith(who)]
        assert mine == [f"{who} sagt {number:03d}" for number in range(count)]
    assert back_seconds < allowed(BACK_SECONDS)
    for talker in people.values():
        seen: dict[str, Any] = await talker.page.evaluate("window.__watched")
        told: dict[str, float] = seen["alarming"]
        assert told.pop(of_us(talker), math.inf) >= left_ms + UNTOLD_MS
        assert told == {}
        assert seen["longestPauseMs"] < allowed(LONGEST_PAUSE_MS)
        assert (await media_of(talker.page)).connections == 1, "the one from before"
        await sees_and_hears(talker.page)


async def test_a_call_that_is_begun_while_the_server_restarts_begins(house: House) -> None:
    """The start page asks again by itself, with a calm word on the button."""
    prospect = await house.prospect()
    prospect.guard.allow(NOT_THERE)
    prospect.guard.allow(CUT_OFF)
    await prospect.open("/")
    await prospect.fill_in("Anna", "Beispiel")
    # Somebody connected keeps the leaving node busy for a moment.
    other = await house.prospect()
    other.guard.allow(NOT_THERE)
    other.guard.allow(CUT_OFF)
    await other.call("Ben", "Beispiel")
    restarting = asyncio.create_task(house.server.restart())
    await leaving(house.server.url)
    await prospect.start()
    await expect(prospect.page.get_by_role("button", name=word("start.working"))).to_be_visible()
    await restarting
    await prospect.page.wait_for_url("**/call/*")
    await prospect.reads("ready.allow.both")


async def leaving(url: str) -> None:
    """Until the server says that it leaves, or has left."""
    async with aiohttp.ClientSession() as http, asyncio.timeout(60):
        with suppress(aiohttp.ClientError):
            while (await http.get(url + "/readyz")).status == 200:
                pass


async def talk(page: Page, who: str, over: asyncio.Event) -> int:
    """Say something ten times a second until it is over; how often."""
    count = 0
    while not over.is_set():
        await page.evaluate(TYPE, [f"{who} sagt {count:03d}"])
        count += 1
        await asyncio.sleep(0.1)  # the pace of somebody who types
    return count


async def everything(page: Page, count: int) -> list[str]:
    """All that both said, once it is there and nothing is on its way."""

    async def lines() -> list[tuple[str, str]]:
        found: list[tuple[str, str]] = await page.evaluate(LINES)
        return found

    found = await eventually(
        lines,
        lambda now: len(now) >= count and all(state != "sending" for _, state in now),
        within_seconds=60,
        what="every message",
    )
    return [text for text, _ in found]
