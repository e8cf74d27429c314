"""One call in two windows: the newer one asks, one of them talks, and the other one says so."""

import time

from playwright.async_api import expect

from tests.e2e.media import eventually, media_of, sees_and_hears
from tests.e2e.people import House, Prospect, word
from tests.patience import allowed


async def second_window(prospect: Prospect) -> Prospect:
    """The same link again, in the same browser."""
    page = await prospect.context.new_page()
    await page.goto(prospect.page.url)
    return Prospect(prospect.context, page, prospect.guard, prospect.url)


async def test_a_second_window_asks_before_it_takes_over(house: House) -> None:
    """F-18: nothing changes without a click; then within two seconds, with one sender of media."""
    berta, first = await house.advisor(), await house.prospect()
    await first.call("Anna", "Beispiel")
    await berta.accept("Anna Beispiel")
    await sees_and_hears(first.page)
    second = await second_window(first)
    await second.reads("after.elsewhere.heading")
    assert await second.page.evaluate("window.__probes.devices") == []
    await sees_and_hears(first.page)  # undisturbed

    here, there = second.button("after.elsewhere.go"), first.button("after.elsewhere.go")
    await here.click()
    clicked_at = time.monotonic()
    await expect(there).to_be_visible()
    await second.in_talk()
    assert time.monotonic() - clicked_at < allowed(2)
    assert (await media_of(first.page)).connections == 0
    await sees_and_hears(second.page)
    assert (await media_of(berta.page)).connections == 1

    await there.click()  # and back
    await expect(here).to_be_visible()
    await sees_and_hears(first.page)
    await eventually(
        lambda: media_of(second.page), lambda now: now.connections == 0,
        within_seconds=5, what="silence in the other window",
    )  # fmt: skip


async def test_a_reload_is_no_second_window(house: House) -> None:
    prospect = await house.prospect()
    await prospect.call("Anna", "Beispiel")
    for _ in range(3):
        await prospect.page.reload()
        await expect(prospect.button("ready.leave")).to_be_visible()
        await expect(prospect.page.get_by_text(word("after.elsewhere.heading"))).to_have_count(0)
