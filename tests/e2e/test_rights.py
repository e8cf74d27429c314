"""The rights desk in a browser: set right, add, object and take back; the advisor sees it."""

from playwright.async_api import expect

from tests.e2e.people import PHONE, House, word
from tests.e2e.server import Server
from tests.e2e.test_receipt import early_slip, open_desk, slip, talk
from tests.e2e.traces import canary, files, traces
from tests.patience import allowed


async def test_a_person_sets_right_what_is_kept_and_the_advisor_sees_it(
    house: House, server: Server
) -> None:
    """OB-38, OB-42, OB-09: without an account, on a phone; what was before stays beside it; the
    advisor sees it in the talk within a second and
    reads it in a page of its own; nothing of it is in clear in any file of the server."""
    first, last, said, right, added, because = (
        canary(one) for one in ("Vorna", "Nachna", "frage", "Richtig", "ergaenzt", "grund")
    )
    while_it_runs = canary("Waehrend")
    prospect, advisor = await talk(house, first, last, said)
    early = await house.prospect(viewport=PHONE)
    await open_desk(early, *await early_slip(prospect))
    await early.button("receipt.correct.go").click()
    field = early.page.get_by_label(word("receipt.correct.field.last_name"), exact=True)
    await field.fill(while_it_runs)
    await early.button("receipt.correct.keep").click()
    within = allowed(1) * 1_000
    stage = advisor.page.get_by_role("region", name=f"{first} {while_it_runs}")
    await expect(stage).to_be_visible(timeout=within)
    await expect(advisor.page.get_by_text(word("console.talk.corrected"))).to_be_visible()
    await early.button("receipt.correct.go").click()
    await field.fill(last)
    await early.button("receipt.correct.keep").click()
    await expect(advisor.page.get_by_role("region", name=f"{first} {last}")).to_be_visible()
    await prospect.hang_up()
    number, code = await slip(prospect)
    other = await house.prospect(viewport=PHONE)
    other.guard.allow(r"status of 400")
    page = other.page
    await open_desk(other, number, code)

    await other.button("receipt.correct.go").click()
    field = page.get_by_label(word("receipt.correct.field.last_name"), exact=True)
    await expect(field).to_have_value(last)
    await field.fill("admin")
    await other.button("receipt.correct.keep").click()
    await other.reads("error.name.reserved")
    await field.fill(right)
    await page.get_by_label(word("receipt.correct.field.topic"), exact=True).select_option("claim")
    await other.button("receipt.correct.keep").click()
    await other.reads("receipt.correct.done")
    await expect(page.get_by_text(f"{first} {right}").first).to_be_visible()
    corrections = page.get_by_role("heading", name=word("receipt.part.corrections")).locator("..")
    await expect(corrections.get_by_text(last).first).to_be_visible()
    await other.button("receipt.correct.go").click()
    statement = page.get_by_label(word("receipt.correct.field.addition"), exact=True)
    await statement.fill(added)
    await other.button("receipt.correct.add").click()
    await expect(corrections.get_by_text(added)).to_be_visible()

    await other.button("receipt.object.go").click()
    marketing = page.get_by_role("region", name=word("receipt.object.marketing"))
    await marketing.get_by_role("button").click()
    await other.reads("receipt.object.done")
    await expect(
        advisor.page.get_by_text(word("console.day.objects.marketing")).first
    ).to_be_visible()
    async with advisor.page.expect_popup() as opened:
        await advisor.page.get_by_role("link", name=word("console.day.changed")).first.click()
    seen = await opened.value
    for text in (f"{first} {right}", last, added, word("corrections.objection.marketing")):
        await expect(seen.get_by_text(text).first).to_be_visible()
    await seen.close()

    await other.button("receipt.object.change").click()
    quality = page.get_by_role("region", name=word("receipt.object.quality"))
    await quality.get_by_label(word("receipt.object.reason")).fill(because)
    await quality.get_by_role("button").click()
    await other.reads("receipt.restrict.text.objection")
    await expect(page.get_by_text(because)).to_be_visible()
    await other.button("receipt.object.change").click()
    await quality.get_by_role("button", name=word("receipt.object.withdraw")).click()
    await other.reads("receipt.object.undone")
    await other.reads("receipt.restrict.text.free")
    assert await other.context.cookies() == []
    kept = {**files(server.data), "the server's log": server.log.read_bytes()}
    assert traces((first, last, while_it_runs, said, right, added, because), kept) == []
