"""A prospect with Firefox and an advisor with Chromium see and hear each other."""

import asyncio
from pathlib import Path

from tests.e2e.firefox import FirefoxPage, firefox_page
from tests.e2e.media import sees_and_hears
from tests.e2e.people import House, word
from tests.e2e.server import Server


async def starts_a_call(page: FirefoxPage, server: Server, topic: str | None = None) -> None:
    await page.goto(server.url)
    await page.fill("first_name", "Fiona")
    await page.fill("last_name", "Fuchs")
    if topic is not None:
        find = f"(one) => one.textContent.trim() === {topic!r}"
        await page.evaluate(f"[...document.querySelectorAll('label')].find({find}).click()")
    await page.press(word("start.submit"))
    await page.press(word("ready.allow.both"))
    await page.until("document.querySelector('[data-testid=own-video]') !== null", "own picture")


async def test_firefox_and_chromium_see_and_hear_each_other(
    house: House, server: Server, tmp_path: Path
) -> None:
    """OB-06: no plug-in, and no one browser; picture and sound both ways, and the chat."""
    advisor = await house.advisor()
    async with firefox_page(tmp_path) as prospect:
        await starts_a_call(prospect, server)
        await advisor.accept("Fiona Fuchs")
        await asyncio.gather(
            sees_and_hears(prospect, within_seconds=60),
            sees_and_hears(advisor.page, within_seconds=60),
        )
        await advisor.open_chat()
        await advisor.write("Guten Tag, Frau Fuchs.")
        await prospect.until(
            "document.body.textContent.includes('Guten Tag, Frau Fuchs.')", "the message"
        )
        await advisor.hang_up()
        await prospect.until(
            f"document.body.textContent.includes({word('after.heading')!r})", "the end"
        )
