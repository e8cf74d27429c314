"""A talk over bad networks: what is sent follows what gets through, sound first."""

from collections.abc import AsyncIterator
from functools import partial
from typing import Any

import pytest
from playwright.async_api import Page

from tests.e2e.media import eventually, sees_and_hears
from tests.e2e.path import MediaPath, Weather
from tests.e2e.people import House, Talker

# How the sound is sent, and how much of what should have come had to be made up.
SOUND = """async () => {
    const [connection] = window.__probes.connections.filter(
        ({connectionState}) => connectionState === "connected");
    const of = (kind) => connection.getSenders().find(({track}) => track?.kind === kind);
    const sound = of("audio").getParameters(), picture = of("video").getParameters();
    const stats = [...(await connection.getStats()).values()];
    const heard = stats.find(({type, kind}) => type === "inbound-rtp" && kind === "audio");
    return {
        codec: sound.codecs[0].mimeType, bits: sound.encodings[0].maxBitrate ?? null,
        smaller: picture.encodings[0].scaleResolutionDownBy ?? 1,
        samples: heard.totalSamplesReceived,
        made_up: heard.concealedSamples - heard.silentConcealedSamples,
        lost: heard.packetsLost, received: heard.packetsReceived,
    };
}"""


@pytest.fixture
async def path() -> AsyncIterator[MediaPath]:
    path = MediaPath()
    yield path
    await path.close()


async def talk(house: House, path: MediaPath) -> tuple[Talker, Talker]:
    """Two who see each other; everything between them goes by this path."""
    berta, anna = await house.advisor(), await house.prospect()
    await path.lead(berta.context)
    await path.lead(anna.context, first=False)
    await berta.page.reload()
    await berta.prepare()
    await anna.call("Anna", "Beispiel")
    await berta.accept("Anna Beispiel")
    for person in (berta, anna):
        await sees_and_hears(person.page)
    return berta, anna


async def sound(page: Page) -> dict[str, Any]:
    found: dict[str, Any] = await page.evaluate(SOUND)
    return found


async def test_what_gets_lost_is_not_missed(house: House, path: MediaPath) -> None:
    """Of ten packets one and a half are lost; a browser by itself makes up as much of the sound."""
    berta, anna = await talk(house, path)
    path.turn(Weather(loss=0.15, delay_ms=20))
    for person in (berta, anna):
        before = await sound(person.page)
        assert before["codec"] == "audio/red"
        after = await eventually(
            partial(sound, person.page),
            lambda now, before=before: now["lost"] > before["lost"] + 40,  # type: ignore[misc]
            within_seconds=60, what="packets that were lost",
        )  # fmt: skip
        lost = after["lost"] - before["lost"]
        share = lost / (lost + after["received"] - before["received"])
        made_up = (after["made_up"] - before["made_up"]) / (after["samples"] - before["samples"])
        assert made_up < share / 2
    path.turn(Weather())


async def test_where_there_is_little_room_sound_goes_first(house: House, path: MediaPath) -> None:
    """Both sides get thrifty with their sound and their picture, and go on; then it all returns."""
    berta, anna = await talk(house, path)
    path.turn(Weather(delay_ms=20, kbps=90))
    for person in (berta, anna):
        await eventually(
            partial(sound, person.page),
            lambda now: now["bits"] is not None and now["smaller"] > 1,
            within_seconds=60, what="a sender that takes less",
        )  # fmt: skip
    for person in (berta, anna):
        await sees_and_hears(person.page, within_seconds=60)
    path.turn(Weather())
    for person in (berta, anna):
        await eventually(
            partial(sound, person.page),
            lambda now: now["bits"] is None and now["smaller"] == 1,
            within_seconds=90, what="all of sound and picture again",
        )  # fmt: skip
