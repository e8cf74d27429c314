"""The checkup of somebody who waits: what they read, what the house sees, what is sent for it."""

import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Literal

import pytest
from playwright.async_api import Browser, expect

from tests.e2e.examination import no_findings
from tests.e2e.media import media_of, sees_and_hears, warm
from tests.e2e.people import CHROMIUM, DESKTOP, FLAGS, SLOW_CAMERA, House, Person, word
from tests.e2e.server import Server
from tests.integration.deploy.edge import certificate
from tests.integration.deploy.servers import TURN_SECRET, coturn

FOUND_MS = 60_000.0


@pytest.fixture(scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Server]:
    """The platform, with a far end."""
    running = await Server.start(tmp_path_factory.mktemp("checkup"), VISAVIS_CHECKUP="true")
    yield running
    await running.stop()


async def test_who_waits_is_told_how_it_will_go_and_so_is_the_house(house: House) -> None:
    """OB-48 In a word and figures, without a name; and nothing but test data was sent for it."""
    operator = await house.operator()
    advisor = await house.advisor()
    await advisor.wish("busy")
    prospect = await house.prospect(viewport=DESKTOP)
    await prospect.call("Zoë", "Núñez-Weiß")
    await prospect.reads("ready.checkup.running")
    advice = prospect.page.get_by_text(word("ready.checkup.advice.ok"))
    await expect(advice).to_be_visible(timeout=FOUND_MS)
    await look(prospect, "checkup-found")

    found = advisor.waiting("Zoë Núñez-Weiß")
    await expect(found).to_contain_text(word("console.desk.checkup.good"), timeout=FOUND_MS)
    row = operator.row(prospect.session)
    await expect(row).to_contain_text(word("ops.path.direct"), timeout=FOUND_MS)
    await expect(row).to_contain_text(word("ops.quality.good"))

    await prospect.page.get_by_text(word("ready.checkup.more")).click()
    await prospect.reads("ready.checkup.path.direct")
    await prospect.reads("ready.checkup.microphone.heard")
    await look(prospect, "checkup-figures")
    async with no_findings() as examine:
        await examine.of("checked", prospect.page)
    sent = await media_of(prospect.page)
    assert (sent.tracks, sent.packets_sent, sent.audio_bytes, sent.video_bytes) == (0, 0, 0, 0)
    assert await prospect.page.evaluate("window.__probes.attached") == []

    again = prospect.button("ready.checkup.again")
    await again.click()
    await prospect.reads("ready.checkup.running")
    await look(advisor, "checkup-console")
    await look(operator, "checkup-ops")
    await advisor.wish("free")
    await warm(prospect.page)
    await advisor.accept("Zoë Núñez-Weiß")
    await sees_and_hears(prospect.page)
    # What was open for the checkup ended with the accept: the call has one connection.
    assert (await media_of(prospect.page)).connections == 1


async def test_who_only_gets_out_by_tls_is_told_so(browser: Browser, tmp_path: Path) -> None:
    """F-15: the way to the far end is the one that a talk would take."""
    certificate(tmp_path)
    inside = ["allow-loopback-peers", "allowed-peer-ip=127.0.0.1"]  # as we are, here
    with coturn(tmp_path, add=inside) as (_, tls):
        server = await Server.start(
            tmp_path,
            VISAVIS_CHECKUP="true",
            VISAVIS_ICE_POLICY="relay",
            VISAVIS_TURN_SECRET=TURN_SECRET,
            VISAVIS_TURN_URLS=f"turns:localhost:{tls}?transport=tcp",
        )
        # What the relay shows nobody has signed but itself.
        trusting = await browser.browser_type.launch(
            executable_path=CHROMIUM, args=[*FLAGS, SLOW_CAMERA, "--ignore-certificate-errors"]
        )
        house = House(trusting, server)
        try:
            prospect = await house.prospect()
            await prospect.call("Zoë", "Núñez-Weiß")
            more = prospect.page.get_by_text(word("ready.checkup.more"))
            await more.click(timeout=FOUND_MS)
            await prospect.reads("ready.checkup.path.turn-tls")
            await prospect.reads("ready.checkup.microphone.heard")
            await house.close()
        finally:
            await trusting.close()
            await server.stop()


async def look(person: Person, name: str) -> None:
    """What it looks like, where somebody wants to see it."""
    folder = os.environ.get("LOOK_AT")
    if folder is None:
        return
    schemes: tuple[Literal["light", "dark"], ...] = ("light", "dark")
    for width, height in ((390, 844), (1440, 900)):
        for scheme in schemes:
            await person.page.set_viewport_size({"width": width, "height": height})
            await person.page.emulate_media(color_scheme=scheme)
            await person.page.screenshot(path=Path(folder) / f"{name}-{width}-{scheme}.png")
