"""A browser that sends to a recorder from an empty page: no server, no camera."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Page, async_playwright

from tests.e2e.people import CHROMIUM, FLAGS

SENDER = Path(__file__).with_name("sender.js")


@asynccontextmanager
async def sending(
    take: Callable[[str], Awaitable[str]], width: int, height: int, *, busy: bool = False
) -> AsyncIterator[Page]:
    """It has an answer to its offer from `take`, and sends."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        try:
            page = await browser.new_page()
            await page.expose_function("take", take)
            await page.goto("about:blank")
            await page.evaluate(SENDER.read_text() + ";undefined")
            how = {"width": width, "height": height, "busy": busy}
            await page.evaluate("how => window.send(how)", how)
            yield page
        finally:
            await browser.close()
