"""An advisor vanishes in the middle of a talk, and the prospect need not begin at the end again."""

import time

from playwright.async_api import expect

from tests.e2e.media import sees_and_hears
from tests.e2e.people import House, word
from tests.patience import allowed


async def test_who_is_left_alone_is_told_and_comes_next(house: House) -> None:
    """F-34: in words within five seconds, and before those who wait, with whoever is free."""
    berta = await house.advisor("Berta Berater")
    anna, ben = await house.prospect(), await house.prospect()
    await anna.call("Anna", "Beispiel")
    await berta.accept("Anna Beispiel")
    await sees_and_hears(anna.page)
    await ben.call("Ben", "Beispiel")  # comes while they talk, and waits

    await berta.page.close()
    vanished_at = time.monotonic()
    await anna.reads("talk.trouble.away", name="Berta Berater")
    assert time.monotonic() - vanished_at < allowed(5)
    await expect(anna.button("talk.lost.again")).to_be_visible()
    await anna.button("talk.lost.again").click()
    await anna.reads("ready.place.next")
    await expect(anna.page.get_by_test_id("own-video")).to_be_visible()  # not asked once more
    await ben.reads("ready.place.before.one")

    carla = await house.advisor("Carla Kollegin")
    await expect(carla.waiting("Anna Beispiel")).to_be_visible()
    next_one = word("console.desk.next", name="Anna Beispiel")
    await expect(carla.page.get_by_role("article", name=next_one, exact=True)).to_be_visible()
    await carla.accept("Anna Beispiel")
    await sees_and_hears(anna.page)
    await anna.page.reload()  # the seat is the new session's
    await sees_and_hears(anna.page)


async def test_who_comes_back_in_time_goes_on(house: House) -> None:
    """The offer disappears by itself when there is nothing to offer any more."""
    berta, anna = await house.advisor("Berta Berater"), await house.prospect()
    await anna.call("Anna", "Beispiel")
    await berta.accept("Anna Beispiel")
    await sees_and_hears(anna.page)
    talk = berta.page.url
    await berta.open("/imprint")
    await expect(anna.button("talk.lost.again")).to_be_visible()
    await anna.button("talk.lost.wait").click()
    await expect(anna.button("talk.lost.again")).to_have_count(0)
    await berta.page.goto(talk)
    await sees_and_hears(berta.page)
    await expect(
        anna.page.get_by_text(word("talk.trouble.away", name="Berta Berater"))
    ).to_have_count(0)
