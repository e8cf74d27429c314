"""A real browser by way of the edge: what its socket says, and where it goes when a node dies."""

import asyncio
import re

from playwright.async_api import Browser, WebSocket

from tests.e2e.conftest import browser
from tests.integration.deploy.edge import Edge
from tests.patience import PATIENCE_SECONDS

__all__ = ["browser"]


async def test_a_page_moves_to_the_other_node_when_its_own_is_killed(
    edge: Edge, browser: Browser
) -> None:
    """F-27: HTTP/2, TLS and the hint as browsers really send them; it comes back by itself."""
    opened: asyncio.Queue[WebSocket] = asyncio.Queue()
    heard: asyncio.Queue[str] = asyncio.Queue()
    context = await browser.new_context(
        ignore_https_errors=True, locale="de-DE", permissions=["camera", "microphone"]
    )
    killed = ""
    try:
        page = await context.new_page()

        def watch(socket: WebSocket) -> None:
            opened.put_nowait(socket)
            socket.on("framereceived", lambda frame: heard.put_nowait(str(frame)))

        page.on("websocket", watch)
        await page.goto(edge.url)
        await page.get_by_label("Vorname").fill("Erika")
        await page.get_by_label("Nachname").fill("Mustermann")
        await page.get_by_role("button", name="Sofort-Gespräch starten").click()
        async with asyncio.timeout(PATIENCE_SECONDS):
            first = await opened.get()
            await joined(heard)
        killed = max(edge.nodes, key=edge.load)
        assert edge.load(killed) > 0
        edge.nodes[killed].kill()
        async with asyncio.timeout(PATIENCE_SECONDS):
            again = await opened.get()
            await joined(heard)
    finally:
        await context.close()
        if killed:
            edge.nodes[killed].start()
            await edge.ready(killed)
    hints = [re.findall(r"[?&]affinity=([0-9a-f]{8})(?:&|$)", one.url) for one in (first, again)]
    assert hints[0] == hints[1]
    assert len(hints[0]) == 1
    session = re.findall(r"/call/([0-9a-f]{32})", page.url)
    assert session
    assert session[0] not in first.url


async def joined(heard: asyncio.Queue[str]) -> None:
    """The server's word that the page takes part."""
    while '"ok":true' not in await heard.get():
        pass
