"""A server and a browser that nobody else uses, for what is measured or recorded outside pytest."""

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import async_playwright

from tests.e2e.people import CHROMIUM, DESKTOP, FLAGS, House
from tests.e2e.server import Server


@asynccontextmanager
async def house_alone(*flags: str) -> AsyncIterator[House]:
    """An empty house and a browser with these flags; whoever came in is seen out at the end. What
    is written beside the server's data is gone then.
    """
    with tempfile.TemporaryDirectory() as folder:
        server = await Server.start(Path(folder))
        try:
            async with async_playwright() as playwright:
                browser = await playwright.chromium.launch(
                    executable_path=CHROMIUM, args=[*FLAGS, *flags]
                )
                house = House(browser, server, viewport=DESKTOP)
                yield house
                await house.close()
                await browser.close()
        finally:
            await server.stop()
