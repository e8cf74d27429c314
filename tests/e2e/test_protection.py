"""The protection desk in a browser: worked without script, and without a barrier."""

from collections.abc import Sequence

from playwright.async_api import expect

from tests.e2e.examination import Examination, no_findings
from tests.e2e.people import DESKTOP, House, Staff, word

SECTIONS = ("", "/advertising", "/breaches", "/retention", "/disclosures", "/exit", "/records",
            "/audit")  # fmt: skip


async def test_an_officer_works_without_script(house: House) -> None:
    """OB-04, OB-36: a letter is entered, who asks is checked, their session found, it is answered;
    a breach's clock."""
    prospect = await house.prospect()
    await prospect.call("Zoë", "Núñez-Weiß")
    officer = await house.officer(java_script_enabled=False)
    page = officer.page
    await page.get_by_text(word("protection.enter"), exact=True).click()
    kind = page.get_by_label(word("protection.enter.kind"), exact=True)
    await kind.select_option("erasure")
    await officer.button("protection.enter.go").click()
    await expect(page.get_by_role("heading", name=word("protection.kind.erasure"))).to_be_visible()
    await page.get_by_label(word("protection.identity.callback"), exact=True).check()
    await officer.button("protection.identity.go").click()
    await expect(page.get_by_label(word("protection.hand.sure"), exact=True)).to_be_visible()
    await page.get_by_text(word("protection.search"), exact=True).click()
    await page.get_by_label(word("protection.search.name"), exact=True).fill("nunez weiss")
    day = page.get_by_label(word("protection.search.day"), exact=True)
    await day.fill(str(await day.get_attribute("max")))  # today
    await officer.button("protection.search.go").click()
    await expect(page.get_by_text(word("protection.search.found.one"))).to_be_visible()
    await expect(page.locator(f"input[value='{prospect.session}']")).to_be_checked()
    await page.get_by_label(word("protection.decide.words"), exact=True).fill("Gelöscht.")
    await officer.button("protection.decide.go").click()
    await expect(page.get_by_text("Gelöscht.")).to_be_visible()
    await page.get_by_role("link", name=word("protection.breaches.title"), exact=True).click()
    await page.get_by_text(word("protection.breach.note"), exact=True).click()
    happened = page.get_by_label(word("protection.breach.happened"), exact=True)
    await happened.fill("Ein Bildschirm blieb offen.")
    await officer.button("protection.breach.note.go").click()
    await expect(page.get_by_role("region", name=word("protection.clock.label"))).to_be_visible()


async def test_the_officer_meets_no_barrier(house: House) -> None:
    """Every page of the desk by axe, with all unfolded, and nothing beyond the edge."""
    officer = await house.officer(viewport=DESKTOP)
    page = officer.page
    async with no_findings() as examine:
        await _no_barrier(examine, officer, SECTIONS)
        await officer.open("/privacy-desk/disclosures")
        await page.get_by_text(word("protection.numbers.prepare"), exact=True).click()
        for field, given in (("first", "2026-10-01"), ("last", "2026-10-31"), ("purpose", "x")):
            label = word(f"protection.numbers.{field}")
            await page.get_by_label(label, exact=True).fill(given)
        await officer.button("protection.numbers.prepare.go").click()
        await expect(page.get_by_text(word("protection.numbers.mine"))).to_be_visible()
        await page.get_by_text(word("protection.numbers.whole"), exact=True).first.click()
        await examine.of("numbers for the provider", page)


async def test_the_auditor_meets_no_barrier_and_no_form(house: House) -> None:
    """OB-01: the same pages, without script, with nothing to press but the way out."""
    auditor = await house.auditor(viewport=DESKTOP)
    sections = [one for one in SECTIONS if one != "/advertising"]  # what an officer does alone
    async with no_findings() as examine:
        await _no_barrier(examine, auditor, sections)
    for section in sections:
        await auditor.open(f"/privacy-desk{section}")
        await expect(auditor.page.get_by_text(word("protection.reads"))).to_be_visible()
        await expect(auditor.page.locator("form[method=post]")).to_have_count(1)
    advertising = word("protection.advertising.title")
    await expect(auditor.page.get_by_role("link", name=advertising)).to_have_count(0)


async def _no_barrier(examine: Examination, staff: Staff, sections: Sequence[str]) -> None:
    for section in sections:
        await staff.open(f"/privacy-desk{section}")
        await staff.page.evaluate(
            "document.querySelectorAll('details').forEach((one) => { one.open = true; })"
        )
        await examine.of(f"protection desk{section}", staff.page)
