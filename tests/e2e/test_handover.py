"""An advisor hands a prospect on in the middle of a talk, who goes on without doing anything."""

import re

from playwright.async_api import expect

from tests.e2e.media import sees_and_hears
from tests.e2e.people import Advisor, House, word

NOTE = "Fragt nach der Hausratversicherung,\nhat die Unterlagen vor sich."


async def hand_over(advisor: Advisor, whom: str, confirm: str, note: str = "") -> None:
    await advisor.button("console.handover.open").click()
    dialog = advisor.page.get_by_role("dialog")
    await dialog.get_by_role("radio", name=re.compile(re.escape(whom))).check()
    if note:
        await dialog.get_by_role("textbox").fill(note)
    await dialog.get_by_role("button", name=word(confirm)).click()


async def test_handed_on_and_put_back_without_a_click(house: House) -> None:
    """To a colleague, who is asked first; then back to wait, and taken again by the same."""
    berta = await house.advisor("Berta Berater")
    anna = await house.prospect()
    await anna.call("Anna", "Beispiel")
    await berta.accept("Anna Beispiel")
    await sees_and_hears(anna.page)
    carla = await house.advisor("Carla Kollegin")
    dora = await house.advisor("Dora Dritte")
    pages: list[str] = []
    anna.page.on("load", lambda page: pages.append(page.url))

    await hand_over(berta, "Carla Kollegin", "console.handover.confirm", NOTE)
    await anna.reads("ready.handed.to", to="Carla Kollegin")
    await anna.reads("ready.handed.along.note")
    await expect(anna.page.get_by_test_id("own-video")).to_be_visible()
    await expect(anna.button("ready.allow.both")).to_have_count(0)
    went_on = word("console.after.handed.to", name="Anna Beispiel", to="Carla Kollegin")
    await expect(berta.page.get_by_text(went_on)).to_be_visible()
    await expect(dora.waiting("Anna Beispiel")).to_be_visible()
    await expect(dora.accept_button("Anna Beispiel")).to_have_count(0)
    await carla.accept("Anna Beispiel")
    await sees_and_hears(anna.page)
    await sees_and_hears(carla.page)
    await expect(carla.page.get_by_text(NOTE)).to_be_visible()

    await hand_over(carla, word("console.handover.back"), "console.handover.confirm.back")
    await anna.reads("ready.handed.clarify", by="Carla Kollegin")
    await carla.accept("Anna Beispiel")
    await sees_and_hears(anna.page)
    english = anna.page.locator(".languages a").last
    assert anna.session in (await english.get_attribute("href") or ""), "back into this very call"
    assert pages == [], "she did not have to load anything again"
    await anna.page.reload()  # the seat is the last session's
    await sees_and_hears(anna.page)
    await anna.hang_up()
    await anna.reads("after.receipt.text")
    await expect(anna.page.get_by_test_id("receipt-earlier")).to_have_count(2)
