"""One browser for all tests, one fresh context per test. The browser is Debian's Chromium."""

import os
import shutil
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, BrowserContext, async_playwright

CHROMIUM = shutil.which(os.environ.get("CHROMIUM", "chromium"))
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
]


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Chromium without a window, with a made-up camera and microphone."""
    if CHROMIUM is None:
        message = "chromium is missing: run tests/setup-system"
        pytest.fail(message) if os.environ.get("CI") == "true" else pytest.skip(message)
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        await chromium.close()


@pytest.fixture
async def context(browser: Browser) -> AsyncIterator[BrowserContext]:
    """A browser profile of its own, in German."""
    fresh = await browser.new_context(locale="de-DE", viewport={"width": 1280, "height": 800})
    yield fresh
    await fresh.close()
