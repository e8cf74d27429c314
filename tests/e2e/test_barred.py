"""An advisor ends a talk that is abused and bars the prospect, who reads why and until when.

Proves OB-17 as its people see it, by axe on every screen that is new.
"""

import re

from playwright.async_api import Locator, expect

from tests.e2e.examination import no_findings
from tests.e2e.media import sees_and_hears
from tests.e2e.people import DESKTOP, PHONE, Advisor, House, Prospect, word


async def ask_to_bar(advisor: Advisor) -> Locator:
    """Where the people of the talk are, beside the prospect."""
    await advisor.people_opener.click()
    await advisor.button("console.bar.label", name="Anna Beispiel").click()
    dialog = advisor.page.get_by_role("dialog")
    await expect(dialog.get_by_text(word("console.bar.end"))).to_be_visible()
    return dialog


async def reads_why(prospect: Prospect, why: str, urgent: str) -> None:
    """In both places the same: why, from when on again, and a number to telephone."""
    await prospect.reads(why)
    company = "Demo Versicherung"
    await expect(prospect.page.get_by_text(word(urgent, company=company))).to_be_visible()
    await expect(prospect.page.get_by_role("link", name="+49 30 000000")).to_be_visible()
    again = re.compile(r"ab .*\d\d:\d\d Uhr wieder")
    await expect(prospect.page.get_by_text(again)).to_be_visible()


async def test_barred_in_one_press_and_told_calmly(house: House) -> None:
    """Over for both; the start page says the same, the receipt is there, others call."""
    async with no_findings() as examine:
        berta = await house.advisor(viewport=DESKTOP)
        anna = await house.prospect(viewport=PHONE)
        anna.guard.allow(r"status of 403")
        await anna.call("Anna", "Beispiel")
        await berta.accept("Anna Beispiel")
        await sees_and_hears(anna.page)

        dialog = await ask_to_bar(berta)
        period = word("console.bar.period.other", name="Anna Beispiel", count=60)
        await expect(dialog.get_by_text(period)).to_be_visible()
        await expect(dialog.get_by_text(word("console.bar.kept"))).to_be_visible()
        await examine.of("before barring", berta.page)
        await dialog.get_by_role("button", name=word("console.bar.stay")).click()
        await expect(dialog).to_be_hidden()
        await expect(berta.people_opener).to_be_focused()
        await sees_and_hears(anna.page)

        dialog = await ask_to_bar(berta)
        await dialog.get_by_role("button", name=word("console.bar.confirm")).click()
        await expect(anna.page.get_by_role("heading", level=1)).to_have_text(
            word("after.barred.heading")
        )
        barred = re.compile(word("console.after.barred", at=r"\d\d:\d\d"))
        await expect(berta.page.get_by_text(barred)).to_be_visible()
        await examine.of("after barring", berta.page)

        await reads_why(anna, "after.barred.lead", "after.barred.urgent")
        await anna.reads("after.receipt.text")
        await expect(anna.button("after.again")).to_have_count(0)
        await examine.of("after being barred", anna.page)
        await anna.page.reload()
        await reads_why(anna, "after.barred.lead", "after.barred.urgent")

        await anna.open("/")
        await reads_why(anna, "page.barred.text", "page.barred.urgent")
        await expect(anna.page.get_by_label("Vorname")).to_have_count(0)
        await examine.of("start while barred", anna.page)
        await anna.page.get_by_role("link", name=word("page.barred.receipt")).click()
        await expect(anna.page.get_by_role("heading", level=1)).to_be_visible()
        assert "/receipt" in anna.page.url

        emil = await house.prospect()
        await emil.call("Emil", "Beispiel")
        await berta.accept("Emil Beispiel")
        await sees_and_hears(emil.page)


async def test_a_form_that_was_open_before_leads_to_the_same_words(house: House) -> None:
    """Filled in before the talk in another tab, sent after it."""
    berta, anna = await house.advisor(), await house.prospect()
    anna.guard.allow(r"status of 403")
    await anna.call("Anna", "Beispiel")
    second = await anna.context.new_page()
    await second.goto(anna.url + "/")
    await second.get_by_label("Vorname").fill("Anna")
    await second.get_by_label("Nachname").fill("Nocheinmal")
    await berta.accept("Anna Beispiel")
    await sees_and_hears(anna.page)
    dialog = await ask_to_bar(berta)
    await dialog.get_by_role("button", name=word("console.bar.confirm")).click()
    await anna.reads("after.barred.heading")
    await second.get_by_role("button", name="Sofort-Gespräch starten").click()
    await expect(second.get_by_role("heading", level=1)).to_have_text(word("page.barred.title"))
    await expect(second.get_by_text(word("page.barred.text"))).to_be_visible()
