"""In a browser: a copy sealed for another house; an authority that is told what is erased."""

from typing import Any

from playwright.async_api import expect

from tests.e2e.examination import Examination, no_findings
from tests.e2e.people import DESKTOP, PHONE, House, Officer, Prospect, word
from tests.e2e.test_receipt import early_slip, open_desk

AUTHORITY = "Staatsanwaltschaft Musterstadt"


async def handed_over(house: House, session: str, **profile: Any) -> Officer:
    """Two officers: one enters it, the other approves it and takes the package."""
    one, other = await house.officer(), await house.officer("Otto Aufsicht", **profile)
    await one.open("/privacy-desk/disclosures")
    await one.page.get_by_text(word("protection.disclosure.ask"), exact=True).click()
    for field, given in (
        ("authority", AUTHORITY), ("number", "12 Js 34/26"), ("ground", "§ 161 StPO"),
    ):  # fmt: skip
        label = word(f"protection.disclosure.{field}")
        await one.page.get_by_label(label, exact=True).fill(given)
    await one.page.get_by_label(word("protection.hold.which"), exact=True).fill(session)
    await one.page.get_by_label(word("protection.category.times"), exact=True).check()
    await one.button("protection.disclosure.ask.go").click()
    await expect(one.page.get_by_text(word("protection.disclosure.mine"))).to_be_visible()
    path = one.page.url.partition("?")[0].partition("/privacy-desk")[2]
    await other.open(f"/privacy-desk{path}")
    approve = word("protection.disclosure.decide.approved")
    await other.page.get_by_label(approve, exact=True).check()
    await other.button("protection.decide.go").click()
    take = other.page.get_by_role("link", name=word("protection.disclosure.take.go"))
    async with other.page.expect_download() as saved:
        await take.click()
    assert (await saved.value).suggested_filename.endswith(".zip.age")
    return other


async def seals_it(person: Prospect, examine: Examination) -> None:
    """A key that is none is said so; a passphrase does."""
    page = person.page
    await person.button("receipt.seal.go").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text(word("receipt.seal"))
    await page.get_by_label(word("receipt.seal.recipient"), exact=True).fill("age1nobody")
    await person.button("receipt.seal.save.key").click()
    await person.reads("error.recipient.invalid")
    await examine.of("sealing, with an error", page)
    async with page.expect_download() as saved:
        await person.button("receipt.seal.save.passphrase").click()
    assert (await saved.value).suggested_filename.endswith(".zip.age")
    await person.button("receipt.back").click()


async def test_what_was_erased_is_told_to_who_received_it(house: House) -> None:
    """OB-39, OB-41: from the receipt to the letter, by axe, and nothing beyond the edge."""
    prospect = await house.prospect()
    await prospect.call("Zoë", "Núñez")
    number, code = await early_slip(prospect)
    officer = await handed_over(house, prospect.session, viewport=DESKTOP)
    person = await house.prospect(viewport=PHONE)
    person.guard.allow(r"status of 400")
    async with no_findings() as examine:
        await open_desk(person, number, code)
        await seals_it(person, examine)
        await person.button("receipt.erase.go").click()
        await person.button("receipt.sure.yes").click()
        await expect(person.page.get_by_text(AUTHORITY)).to_be_visible()
        await examine.of("erased, with who is told", person.page)
        await officer.open("/privacy-desk/disclosures")
        page = officer.page
        await page.get_by_role("link", name=AUTHORITY).first.click()
        await expect(page.get_by_text("Mitteilung nach Art. 19 DSGVO").first).to_be_visible()
        await examine.of("a recipient to be told", page)
        await officer.button("protection.recipient.tell.go").click()
        await expect(page.get_by_text(word("protection.recipient.how.letter"))).to_be_visible()
        await examine.of("a recipient who was told", page)
    await expect(
        page.get_by_role("button", name=word("protection.recipient.tell.go"))
    ).to_have_count(0)
