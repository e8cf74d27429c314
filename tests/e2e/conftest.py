"""One browser for all tests, one server for each module, a fresh profile for each person."""

import os
import shutil
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, async_playwright, expect

from tests.e2e.people import CHROMIUM, FLAGS, SLOW_CAMERA, House
from tests.e2e.places import Places, places
from tests.e2e.server import Server

expect.set_options(timeout=60_000)  # only ever waited out by a failure


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Chromium without a window, with a made-up camera and microphone."""
    if not shutil.which(CHROMIUM):
        message = f"no {CHROMIUM}: apt-get install --no-install-recommends chromium"
        pytest.fail(message) if os.environ.get("CI") == "true" else pytest.skip(message)
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(
            executable_path=CHROMIUM, args=[*FLAGS, SLOW_CAMERA]
        )
        yield chromium
        await chromium.close()


@pytest.fixture(scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Server]:
    """The platform, running."""
    running = await Server.start(tmp_path_factory.mktemp("visavis"))
    yield running
    await running.stop()


@pytest.fixture(scope="module")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Places]:
    """The platform in networks of its own, with somebody at home and somebody in the office."""
    async with (
        async_playwright() as playwright,
        places(tmp_path_factory.mktemp("places"), playwright) as running,
    ):
        yield running


@pytest.fixture
async def house(browser: Browser, server: Server) -> AsyncIterator[House]:
    """Where people come in. Whoever came in is out again afterwards, and did nothing forbidden."""
    open_house = House(browser, server)
    yield open_house
    await open_house.close()
