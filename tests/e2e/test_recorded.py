"""Recorded talks of another browser, and by another way: what there is of each person is whole."""

import asyncio
import json
import os
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.async_api import Browser, Page

from media import webm
from tests.e2e.firefox import firefox_page
from tests.e2e.media import eventually, media_of, sees_and_hears
from tests.e2e.people import Advisor, House, Talker, word
from tests.e2e.server import Server, brand_file
from tests.e2e.test_firefox import starts_a_call
from tests.e2e.test_recording import BRAND, begin, given_a_reason, says, talking
from tests.e2e.test_restart import NOT_THERE
from tests.integration.deploy.edge import Program, certificate, needed, until
from tests.integration.deploy.servers import TURN_SECRET, answers_stun, turn_configuration
from tests.integration.media.files import Seen, expect_clean, heard, seen
from tests.patience import PATIENCE_SECONDS, allowed
from tests.servers import free_port

TOPIC: Final = "Versicherungen"
LOST_SECONDS: Final = 2.0
LOUD: Final = 1_000  # of 32,767: the browsers' own microphones beep
DARK: Final = 30  # black is 16
# Of each connection that stands: how its own end goes out.
WAYS: Final = """async () => {
    const found = [];
    for (const connection of window.__probes.connections) {
        if (connection.connectionState !== "connected") continue;
        const stats = [...(await connection.getStats()).values()];
        const of = (id) => stats.find((one) => one.id === id);
        const pair = of(stats.find(({type}) => type === "transport").selectedCandidatePairId);
        found.push(of(pair?.localCandidateId)?.candidateType);
    }
    return found;
}"""


@pytest.fixture(scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Server]:
    """A house that may record talks about one topic."""
    folder = tmp_path_factory.mktemp("recorded")
    running = await Server.start(folder, VISAVIS_BRAND_FILE=brand_file(folder, BRAND))
    yield running
    await running.stop()


async def films_of(server: Server, advisor: Advisor, session: str) -> list[list[bytes]]:
    """What was recorded of each person, opened for a reason, in order."""
    page = await advisor.context.new_page()
    await page.goto(f"{server.url}/console/session/{session}/recording")
    await given_a_reason(page)
    lanes: list[dict[str, Any]] = json.loads(
        await page.locator("#player").get_attribute("data-lanes") or "[]"
    )
    films: dict[int, list[bytes]] = {}
    for lane in sorted(lanes, key=lambda one: one["from"]):
        path = f"/api/sessions/{session}/recording/{lane['id']}"
        answer = await page.request.get(f"{server.url}{path}")
        films.setdefault(lane["person"], []).append(await answer.body())
    return list(films.values())


def shows(picture: Seen) -> bool:
    """Something: Chromium's own camera is dark in places, and that of Firefox one grey."""
    return picture.light > DARK or picture.contrast > DARK


def expect_whole(film: bytes) -> None:
    """Readable, with somebody to be seen and heard."""

    expect_clean(film)
    assert any(shows(one) for one in seen(film))
    assert any(one.loud > LOUD for one in heard(film))


async def test_firefox_and_chromium_are_both_recorded(
    house: House, server: Server, tmp_path: Path
) -> None:
    """OB-46, OB-06: each browser's own sound and picture, as it encoded them."""
    advisor = await house.advisor()
    async with firefox_page(tmp_path) as prospect:
        await starts_a_call(prospect, server, TOPIC)
        await advisor.accept("Fiona Fuchs")
        await sees_and_hears(advisor.page)
        session = (await prospect.evaluate("location.pathname")).rsplit("/", 1)[-1]
        await begin(advisor)
        await prospect.press(word("recording.confirm"))
        await says(advisor.page, "recording.notice.both")
        await advisor.page.wait_for_timeout(6_000)  # they talk
        await advisor.hang_up()
        await prospect.until(
            f"document.body.textContent.includes({word('after.heading')!r})", "the end"
        )
    films = await films_of(server, advisor, session)
    assert [len(one) for one in films] == [1, 1]
    for [film] in films:
        expect_whole(film)


async def test_a_node_that_is_killed_costs_two_seconds_and_the_recording_goes_on(
    house: House, server: Server
) -> None:
    """F-01, OB-46: what came until then was kept as it came; the pages offer again."""
    advisor, prospect = both = await talking(house, TOPIC)
    for one in both:
        one.guard.allow(NOT_THERE)
    session = prospect.session
    await begin(advisor)
    await prospect.button("recording.confirm").click()
    await says(advisor.page, "recording.notice.both")
    await advisor.page.wait_for_timeout(6_000)  # they talk
    made = [await connections_made(one.page) for one in both]
    killed_ms, lost_ms = 1_000 * time.time(), 1_000 * allowed(LOST_SECONDS)
    await server.crash()
    await dialled_anew(advisor.page, made[0])
    await dialled_anew(prospect.page, made[1])
    await advisor.page.wait_for_timeout(4_000)
    await advisor.hang_up()
    await prospect.reads("after.heading")
    films = await films_of(server, advisor, session)
    assert [len(one) for one in films] == [2, 2]
    for first, second in films:
        expect_whole(first)
        expect_whole(second)
        lasts = min(seen(first)[-1].at, heard(first)[-1].at)
        assert webm.began_ms(first) + 1_000 * lasts > killed_ms - lost_ms


@contextmanager
def relay(folder: Path) -> Iterator[tuple[Program, int]]:
    """coturn with the configuration that we ship, on a port, that may be stopped and started."""
    certificate(folder)
    port = free_port()
    inside = ["allow-loopback-peers", "allowed-peer-ip=127.0.0.1"]  # as we are, here
    words = [
        needed("turnserver", "coturn"), "--no-dtls",
        "-c", str(turn_configuration(folder, port, free_port(), add=inside)),
        "--listening-ip=127.0.0.1", "--relay-ip=127.0.0.1",
    ]  # fmt: skip
    turn = Program(words, os.environ, folder / "turn.log")
    turn.start()
    try:
        yield turn, port
    finally:
        turn.kill()


async def test_who_gets_out_by_a_relay_alone_is_recorded_and_again_when_it_was_gone(
    browser: Browser, tmp_path: Path
) -> None:
    """F-15, F-14, OB-46: the relay dies and comes back; talk and recording do so by themselves."""
    with relay(tmp_path) as (turn, port):

        async def answers() -> bool:
            return answers_stun(port)

        await until("the relay answers", answers)
        server = await Server.start(
            tmp_path,
            VISAVIS_BRAND_FILE=brand_file(tmp_path, BRAND),
            VISAVIS_ICE_POLICY="relay",
            VISAVIS_TURN_SECRET=TURN_SECRET,
            VISAVIS_TURN_URLS=f"turn:127.0.0.1:{port}?transport=udp",
        )
        house = House(browser, server)
        try:
            advisor, prospect = both = await talking(house, TOPIC)
            session = prospect.session
            await begin(advisor)
            await prospect.button("recording.confirm").click()
            await asyncio.gather(*(by_relay_alone(one.page) for one in both))
            await prospect.page.wait_for_timeout(5_000)  # they talk
            made = [await connections_made(one.page) for one in both]
            turn.kill()
            turn.start()
            await until("the relay answers again", answers)
            await asyncio.gather(*(back(*one) for one in zip(both, made, strict=True)))
            await prospect.page.wait_for_timeout(5_000)
            await advisor.hang_up()
            await prospect.reads("after.heading")
            films = await films_of(server, advisor, session)
            await house.close()
        finally:
            await server.stop()
    assert len(films) == 2
    for film in [film for films_ in films for film in films_]:
        expect_whole(film)
    # A machine that takes more than ten seconds for it has another file.
    goes_on = [one for films_ in films for one in films_ if len(films_) == 1]
    for film in goes_on:
        loud = [one.at for one in heard(film) if one.loud > LOUD]
        [(left, again)] = [(a, b) for a, b in pairwise(loud) if b - a > 2]
        assert not any(shows(one) for one in seen(film) if left + 1 < one.at < again - 1)


async def by_relay_alone(page: Page) -> None:
    """The talk, and what is recorded of it."""

    async def ways() -> list[str]:
        found: list[str] = await page.evaluate(WAYS)
        return found

    await eventually(
        ways, lambda all_: all_ == ["relay", "relay"],
        within_seconds=PATIENCE_SECONDS, what="talk and recording by the relay",
    )  # fmt: skip


async def connections_made(page: Page) -> int:
    """Ever, since the page was loaded."""
    count: int = await page.evaluate("window.__probes.connections.length")
    return count


async def dialled_anew(page: Page, made: int) -> None:
    """There are more than these, and two stand: the talk's, and that of the recording."""

    async def stand() -> bool:
        connected: int = (await media_of(page)).connected
        return connected == 2 and await connections_made(page) > made

    await eventually(stand, bool, within_seconds=PATIENCE_SECONDS, what="a connection made anew")


async def back(person: Talker, made: int) -> None:
    """Seen and heard again, and recorded by another connection."""
    await dialled_anew(person.page, made)
    await by_relay_alone(person.page)
    await sees_and_hears(person.page)
