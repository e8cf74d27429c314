"""A talk over bad networks: what is heard and seen, beside a plain page on the same network."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, Final

from playwright.async_api import Page

from tests.bench import Figure
from tests.bench.calls import bundle, is_ready, naive_page
from tests.e2e.alone import house_alone
from tests.e2e.media import eventually, media_of
from tests.e2e.path import MediaPath, Weather
from tests.e2e.people import PROBES, PROFILE, QUICK_CAMERA, House

WEATHERS: Final = {
    "5 % lost": Weather(loss=0.05, delay_ms=20),
    "10 % lost": Weather(loss=0.10, delay_ms=20),
    "20 % lost": Weather(loss=0.20, delay_ms=20),
    "jitter 100 ms": Weather(delay_ms=20, jitter_ms=100),
    "round trip 300 ms": Weather(delay_ms=150),
    "100 kbit/s": Weather(delay_ms=20, kbps=100),
    "300 kbit/s": Weather(delay_ms=20, kbps=300),
}
SETTLING_SECONDS, SECONDS = 8.0, 20.0
NAME = ("Anna", "Beispiel")
# What came in at this page, as sums; what was made up because nothing had come is `concealed`.
RECEIVED = """async () => {
    const sums = {samples: 0, concealed: 0, energy: 0, held: 0, emitted: 0, frames: 0, frozen: 0,
                  width: 0};
    for (const connection of window.__probes.connections) {
        if (connection.connectionState === "closed") continue;
        for (const stat of (await connection.getStats()).values()) {
            if (stat.type !== "inbound-rtp") continue;
            sums.samples += stat.totalSamplesReceived ?? 0;
            sums.concealed += (stat.concealedSamples ?? 0) - (stat.silentConcealedSamples ?? 0);
            sums.energy += stat.totalAudioEnergy ?? 0;
            sums.frames += stat.framesDecoded ?? 0;
            sums.frozen += stat.totalFreezesDuration ?? 0;
            sums.width = Math.max(sums.width, stat.frameWidth ?? 0);
            if (stat.kind === "audio") {
                sums.held += stat.jitterBufferDelay ?? 0;
                sums.emitted += stat.jitterBufferEmittedCount ?? 0;
            }
        }
    }
    return sums;
}"""


def measure() -> list[Figure]:
    return asyncio.run(_measure())


async def _measure() -> list[Figure]:
    figures = []
    async with house_alone(QUICK_CAMERA) as house:
        script = bundle(house.server.data.parent)
        for name, weather in WEATHERS.items():
            async with _talk(house, weather) as pages:
                figures += await _received(f"{name}: ours", pages)
            async with _plain(house, weather, script) as pages:
                figures += await _received(f"{name}: plain", pages)
    return figures


@asynccontextmanager
async def _talk(house: House, weather: Weather) -> AsyncIterator[tuple[Page, Page]]:
    """The product; the weather turns once both see each other."""
    path = MediaPath()
    advisor, prospect = await house.advisor(), await house.prospect()
    # The console has no connection yet when it is led.
    await path.lead(advisor.context)
    await path.lead(prospect.context, first=False)
    await advisor.page.reload()
    await advisor.prepare()
    await prospect.call(*NAME)
    await advisor.accept(" ".join(NAME))
    await _both_see(advisor.page, prospect.page)
    path.turn(weather)
    yield advisor.page, prospect.page
    path.turn(Weather())
    for person in (prospect, advisor):
        await person.leave()
        await person.context.close()
        house.people.remove(person)
    await path.close()


@asynccontextmanager
async def _plain(house: House, weather: Weather, script: str) -> AsyncIterator[tuple[Page, Page]]:
    """What a browser does by itself."""
    path = MediaPath()
    advisor = await house.advisor()
    await advisor.open("/imprint")
    await path.lead(advisor.context)
    context = await house.browser.new_context(**PROFILE)
    await context.add_init_script(path=PROBES)
    await path.lead(context, first=False)
    caller = await naive_page(context, house.server, script)
    session = await caller.evaluate("window.prospect()")
    answerer = await naive_page(advisor.context, house.server, script)
    await answerer.evaluate("session => window.advisor(session)", session)
    for page in (caller, answerer):
        await is_ready(page)
    await answerer.get_by_role("button", name="accept").click()
    await _both_see(answerer, caller)
    path.turn(weather)
    yield answerer, caller
    path.turn(Weather())
    await answerer.evaluate("window.end()")
    await context.close()
    await advisor.context.close()
    house.people.remove(advisor)
    await path.close()


async def _both_see(*pages: Page) -> None:
    for page in pages:
        await eventually(
            partial(media_of, page),
            lambda now: now.frames_decoded > 30,
            within_seconds=20,
            what="a picture",
        )


async def _received(what: str, pages: tuple[Page, Page]) -> list[Figure]:
    """Of both sides, over the time in which the network is bad."""
    whole = [await page.evaluate(RECEIVED) for page in pages]
    await asyncio.sleep(SETTLING_SECONDS)
    before = [await page.evaluate(RECEIVED) for page in pages]
    await asyncio.sleep(SECONDS)
    after = [await page.evaluate(RECEIVED) for page in pages]

    def each(of: Any, since: list[dict[str, float]] = before) -> tuple[float, ...]:
        return tuple(
            of({key: now[key] - then[key] for key in now} | {"width": now["width"]})
            for now, then in zip(after, since, strict=True)
        )

    made_up = "sound that was made up"
    return [
        Figure(f"{what}, {made_up}", "%", each(lambda d: 100 * d["concealed"] / d["samples"])),
        Figure(
            f"{what}, {made_up}, from the first second on", "%",
            each(lambda d: 100 * d["concealed"] / d["samples"], whole),
        ),
        Figure(f"{what}, loudness", "energy/s", each(lambda d: d["energy"] / SECONDS)),
        Figure(f"{what}, sound held back", "ms", each(lambda d: 1e3 * d["held"] / d["emitted"])),
        Figure(f"{what}, pictures a second", "1/s", each(lambda d: d["frames"] / SECONDS)),
        Figure(f"{what}, picture stood still", "%", each(lambda d: 100 * d["frozen"] / SECONDS)),
        Figure(f"{what}, width of the picture", "px", each(lambda d: d["width"])),
    ]  # fmt: skip
