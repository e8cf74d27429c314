"""Consents and the words of them, as people meet them: asked, agreed to, withdrawn, read again."""

import html
import re

from playwright.async_api import Locator, expect

from tests.e2e.media import sees_and_hears
from tests.e2e.people import House, Prospect, word
from tests.e2e.screens import asked_for_it, has_a_screen
from tests.e2e.test_receipt import open_desk, slip

VERSION = """notice =>
    JSON.parse(document.getElementById("app").dataset.texts)[`version.${notice}`]"""


async def archived(prospect: Prospect, notice: str) -> list[str]:
    """The paragraphs of the version that this page says it shows, out of the archive."""
    version = await prospect.page.evaluate(VERSION, notice)
    answer = await prospect.page.request.get(f"{prospect.url}/privacy/versions/{version}")
    assert answer.status == 200
    wording = (await answer.text()).rpartition('<div class="wording"')[2].partition("</div>")[0]
    return [html.unescape(one) for one in re.findall(r"<p[^>]*>(.*?)</p>", wording, re.S)]


async def test_what_is_agreed_to_is_what_was_shown_and_can_be_read_again(house: House) -> None:
    """OB-44, OB-46, OB-50: the words on the screen are those of the archived version; the screen is
    asked for in our words before the browser asks; the receipt has each consent with its words."""
    advisor = await house.advisor()
    prospect = await house.prospect()
    page = prospect.page
    await prospect.open("/")
    await prospect.fill_in("Zoë", "Núñez-Weiß")
    await prospect.start()
    await expect(prospect.button("ready.allow.both")).to_be_visible()
    for notice in ("camera", "microphone"):
        for paragraph in await archived(prospect, notice):
            await expect(page.get_by_text(paragraph, exact=True)).to_be_visible()
    await prospect.allow_devices()
    await advisor.accept("Zoë Núñez-Weiß")
    await sees_and_hears(page)

    await has_a_screen(prospect)
    await prospect.button("talk.screen.on").click()
    for paragraph in await archived(prospect, "screen"):
        await expect(page.get_by_text(paragraph, exact=True)).to_be_visible()
    await prospect.button("talk.share.stay").click()
    assert await asked_for_it(prospect) == 0
    await prospect.button("talk.screen.on").click()
    await prospect.button("talk.share.confirm").click()
    await expect(prospect.button("talk.screen.off")).to_be_visible()
    await prospect.button("talk.screen.off").click()
    await prospect.button("talk.screen.on").click()  # agreed to already: not asked again
    await expect(prospect.button("talk.screen.off")).to_be_visible()
    assert await asked_for_it(prospect) == 2

    await prospect.button("talk.devices").click()
    await prospect.button("talk.consent.withdraw.screen").click()
    await expect(page.get_by_text(word("talk.consent.screen"))).to_be_hidden()
    await prospect.button("talk.consent.withdraw.camera").click()
    await expect(page.get_by_text(word("talk.consent.camera"))).to_be_hidden()
    await page.keyboard.press("Escape")
    await expect(prospect.button("talk.screen.on")).to_be_visible()
    await prospect.hang_up()
    number, code = await slip(prospect)

    await open_desk(prospect, number, code)
    consents = page.get_by_role("heading", name=word("receipt.part.consents")).locator("..")
    await expect(consents.locator(".kept__consents > li")).to_have_count(3)
    await expect(consents.get_by_text(word("receipt.consent.standing"))).to_have_count(1)
    await expect(consents.get_by_text(word("receipt.consents.whole"))).to_be_visible()
    screen = consents.locator("li").filter(has_text=word("receipt.purpose.screen")).first
    await screen.locator("summary").click()
    await expect(screen.get_by_text(word("talk.share.text"))).to_be_visible()


async def wait_with_a_question(prospect: Prospect, last_name: str) -> Locator:
    """On the waiting page, about what may come to health; the question there and in the talk."""
    await prospect.open("/")
    await prospect.fill_in("Erika", last_name)
    await prospect.page.get_by_text("Altersvorsorge", exact=True).click()
    await prospect.start()
    await prospect.allow_devices()
    question = prospect.page.get_by_role("region", name=word("talk.health.ask"))
    await expect(prospect.page.locator(".before").locator(question)).to_be_visible()
    return question


async def receipt_says_withdrawn(prospect: Prospect) -> None:
    """Of health, in a ledger that is whole."""
    await open_desk(prospect, *await slip(prospect))
    heading = prospect.page.get_by_role("heading", name=word("receipt.part.consents"))
    consents = heading.locator("..")
    entry = consents.locator("li").filter(has_text=word("receipt.purpose.health"))
    await expect(entry.get_by_text("Widerrufen:")).to_be_visible()
    await expect(consents.get_by_text(word("receipt.consents.whole"))).to_be_visible()


async def test_what_a_talk_may_come_to_is_decided_before_it(house: House) -> None:
    """OB-11, OB-44, OB-46: asked while one waits, in the archived words, answered and taken back
    with one press each; a reload asks nothing again, nor does the talk; the advisor sees from its
    first moment what was decided, and the receipt has every step."""
    advisor = await house.advisor()
    prospect = await house.prospect()
    page = prospect.page
    question = await wait_with_a_question(prospect, "Vorher")
    for paragraph in await archived(prospect, "health"):
        await expect(question.get_by_text(paragraph, exact=True).last).to_be_visible()
    await prospect.button("talk.health.confirm").click()
    await prospect.reads("talk.health.given")
    await expect(question).to_have_count(0)
    await prospect.button("talk.health.withdraw").click()
    await prospect.reads("talk.health.not")
    await page.reload()
    await prospect.reads("talk.health.not")
    await expect(question).to_have_count(0)

    await advisor.accept("Erika Vorher")
    await prospect.in_talk()
    await expect(advisor.page.get_by_text(word("console.health.not"))).to_be_visible()
    await expect(advisor.page.get_by_text(word("console.health.asked"))).to_have_count(0)
    await prospect.button("talk.devices").click()
    await prospect.reads("talk.health.not")
    await page.keyboard.press("Escape")
    await expect(question).to_have_count(0)
    await prospect.hang_up()
    await receipt_says_withdrawn(prospect)


async def test_whether_health_may_be_a_subject_is_asked_and_can_be_taken_back(house: House) -> None:
    """OB-11, OB-44: whoever puts it off is asked in the talk, in words that are archived; the
    advisor sees the answer, also when it changes; a reload asks nothing again; it is kept."""
    advisor = await house.advisor()
    prospect = await house.prospect()
    page = prospect.page
    question = await wait_with_a_question(prospect, "Beispiel")
    await prospect.button("ready.special.later").click()
    await expect(question).to_have_count(0)
    await prospect.button("ready.special.now").click()
    await expect(question).to_be_visible()
    await prospect.button("ready.special.later").click()
    await advisor.accept("Erika Beispiel")
    for paragraph in await archived(prospect, "health"):
        await expect(question.get_by_text(paragraph, exact=True).last).to_be_visible()
    await expect(advisor.page.get_by_text(word("console.health.asked"))).to_be_visible()
    await prospect.button("talk.health.confirm").click()
    await expect(question).to_have_count(0)
    await expect(advisor.page.get_by_text(word("console.health.given"))).to_be_visible()

    await page.reload()
    await prospect.in_talk()
    await prospect.button("talk.devices").click()
    await prospect.reads("talk.health.given")
    await expect(question).to_have_count(0)
    given = page.locator(".consents", has_text=word("talk.health.given"))
    await given.get_by_role("button").click()
    await prospect.reads("talk.health.not")
    await expect(advisor.page.get_by_text(word("console.health.not"))).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(question).to_have_count(0)
    await prospect.hang_up()
    await receipt_says_withdrawn(prospect)
