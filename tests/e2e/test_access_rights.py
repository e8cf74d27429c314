"""The rights desk, and the question about one's health, by axe: as every other screen."""

from playwright.async_api import expect

from tests.e2e.examination import no_findings
from tests.e2e.people import PHONE, House, word
from tests.e2e.test_consents import wait_with_a_question
from tests.e2e.test_receipt import open_desk, slip


async def test_claiming_one_s_rights_meets_no_barrier(house: House) -> None:
    async with no_findings() as examine:
        advisor, prospect = await house.advisor(), await house.prospect(viewport=PHONE)
        prospect.guard.allow(r"status of 400")
        page = prospect.page
        await wait_with_a_question(prospect, "Beispiel")
        await examine.of("ready, asked about health", page)
        await prospect.button("ready.special.later").click()
        await examine.of("ready, not decided", page)
        await advisor.accept("Erika Beispiel")
        await expect(prospect.button("talk.health.confirm")).to_be_visible()
        await examine.of("talk, asked about health", page)
        await prospect.button("talk.health.stay").click()
        await prospect.button("talk.devices").click()
        await prospect.reads("talk.health.not")
        await examine.of("talk, consents", page)
        await page.keyboard.press("Escape")
        await prospect.hang_up()
        await open_desk(prospect, *await slip(prospect))
        await prospect.reads("receipt.kept")
        await examine.of("receipt", page)
        await prospect.button("receipt.correct.go").click()
        await page.get_by_label(word("receipt.correct.field.last_name"), exact=True).fill("admin")
        await prospect.button("receipt.correct.keep").click()
        await prospect.reads("error.name.reserved")
        await examine.of("correcting, with an error", page)
        field = page.get_by_label(word("receipt.correct.field.last_name"), exact=True)
        await field.fill("Muster")
        await prospect.button("receipt.correct.keep").click()
        await prospect.reads("receipt.correct.done")
        await prospect.button("receipt.object.go").click()
        await examine.of("objecting", page)
        marketing = page.get_by_role("region", name=word("receipt.object.marketing"))
        await marketing.get_by_role("button").click()
        await prospect.reads("receipt.object.done")
        await examine.of("receipt, corrected and objected", page)
        await prospect.button("receipt.question.go").click()
        await page.get_by_label(word("receipt.question"), exact=True).fill("Wer las das Gespräch?")
        await examine.of("asking the officer", page)
        await prospect.button("receipt.question.send").click()
        await prospect.reads("receipt.question.done")
        await expect(
            advisor.page.get_by_text(word("console.day.objects.marketing")).first
        ).to_be_visible()
        await examine.of("console, with news of a talk", advisor.page)
        async with advisor.page.expect_popup() as opened:
            await advisor.page.get_by_role("link", name=word("console.day.changed")).first.click()
        await examine.of("corrections, for the advisor", await opened.value)
