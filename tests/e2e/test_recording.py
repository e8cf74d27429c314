"""A talk that is recorded: asked before, visible while it runs, ended at once, played in step."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Page, expect

from tests.e2e.media import sees_and_hears
from tests.e2e.people import Advisor, House, Prospect, word
from tests.e2e.server import Server, brand_file
from tests.patience import allowed

BRAND = {
    "company": "Muster Versicherung",
    "recording": {
        "assessment": "DSFA-2026-014", "approved": "2026-01-15", "review": "2099-01-15",
        "topics": ["insurance"],
        "purpose": {"de": "Nachweis der Beratung.", "en": "Proof of the advice."},
        "period": {"days": 14, "reason": {"de": "Bis geprüft ist.", "en": "Until checked."}},
    },
}  # fmt: skip


# Both pictures move, are no test card, and neither is far ahead of the other.
PLAYED = """() => {
    const shown = [...document.querySelectorAll("video")].filter((one) => !one.hidden);
    const times = shown.map((one) => one.currentTime);
    return shown.length === 2 && shown.every((one) => one.videoWidth > 0) &&
        Math.min(...times) > 1 && Math.max(...times) - Math.min(...times) < 1;
}"""


@pytest.fixture(scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Server]:
    """A house that may record talks about one topic."""
    folder = tmp_path_factory.mktemp("recording")
    running = await Server.start(folder, VISAVIS_BRAND_FILE=brand_file(folder, BRAND))
    yield running
    await running.stop()


async def talking(house: House, topic: str) -> tuple[Advisor, Prospect]:
    advisor = await house.advisor()
    prospect = await house.prospect()
    await prospect.open("/")
    await prospect.fill_in("Zoë", "Núñez-Weiß")
    await prospect.page.get_by_text(topic, exact=True).click()
    await prospect.start()
    await prospect.allow_devices()
    await advisor.accept("Zoë Núñez-Weiß")
    await sees_and_hears(prospect.page)
    return advisor, prospect


async def begin(advisor: Advisor) -> None:
    await advisor.button("recording.start").click()
    terms = {"purpose": "Nachweis der Beratung.", "period": "14 Tage ab dem Ende des Gesprächs"}
    await advisor.reads("recording.text", **terms)
    await advisor.button("recording.confirm").click()


async def opened(advisor: Advisor) -> Page:
    """The page that plays it, by its link in the list of the day."""
    async with advisor.context.expect_page() as coming:
        await advisor.page.get_by_role("link", name=word("console.day.recorded")).click()
    return await given_a_reason(await coming.value)


async def given_a_reason(page: Page) -> Page:
    """It plays."""
    await expect(page.locator("video")).to_have_count(0)
    await page.get_by_label(word("playback.reason.complaint")).check()
    await page.get_by_role("button", name=word("playback.open"), exact=True).click()
    await expect(page.locator("#player")).to_be_visible()
    return page


async def says(page: Page, key: str, **facts: object) -> None:
    """For eyes and screen readers alike."""
    await expect(page.get_by_text(word(key, **facts)).first).to_be_attached(
        timeout=allowed(20.0) * 1_000
    )


async def test_two_people_are_recorded_as_agreed_and_played_in_step(house: House) -> None:
    """OB-46, OB-44, OB-09: asked before, said the whole time, ended by either, opened with a
    reason; both pictures move together."""
    advisor, prospect = await talking(house, "Versicherungen")
    await begin(advisor)
    question = prospect.page.get_by_role("region", name=word("recording.ask"))
    await expect(question).to_be_visible()
    await says(advisor.page, "recording.asked", name="Zoë Núñez-Weiß")
    await prospect.button("recording.confirm").click()
    for person in (advisor, prospect):
        await says(person.page, "recording.notice.both")
        await expect(person.button("recording.sign.open")).to_be_visible()
    await prospect.page.wait_for_timeout(6_000)  # they talk
    await prospect.button("recording.sign.open").click()
    await prospect.button("recording.stop").click()
    for person in (advisor, prospect):
        await says(person.page, "recording.off")
        await expect(person.button("recording.sign.open")).to_have_count(0)
    await sees_and_hears(prospect.page)
    await advisor.hang_up()
    await prospect.reads("after.heading")

    page = await opened(advisor)
    await expect(page.locator("video")).to_have_count(2)
    await page.get_by_role("button", name=word("playback.play"), exact=True).click()
    await page.wait_for_function(PLAYED, timeout=allowed(20.0) * 1_000)
    await page.get_by_role("button", name=word("playback.forward"), exact=True).click()
    await expect(page.get_by_role("button", name=word("playback.play"), exact=True)).to_be_visible()


async def test_who_says_no_is_not_recorded_and_talks_on(house: House) -> None:
    """OB-46: asked once, and not pressed again; the other is, and is told so; either ends it."""
    advisor, prospect = await talking(house, "Versicherungen")
    await begin(advisor)
    await prospect.button("recording.refuse").click()
    await says(prospect.page, "recording.notice.them", name="Berta Berater")
    await says(advisor.page, "recording.notice.me_only", name="Zoë Núñez-Weiß")
    await prospect.page.reload()
    await prospect.in_talk()
    await says(prospect.page, "recording.notice.them", name="Berta Berater")
    question = prospect.page.get_by_role("region", name=word("recording.ask"))
    await expect(question).to_have_count(0)
    await sees_and_hears(prospect.page)
    await advisor.button("recording.stop").click()
    asked = advisor.page.get_by_role("dialog")
    await asked.get_by_role("button", name=word("recording.stop")).click()
    await says(advisor.page, "recording.off")
    await expect(prospect.button("recording.sign.open")).to_have_count(0)
    await begin(advisor)  # asked anew, the answer is known: nobody is pressed
    await says(prospect.page, "recording.notice.them", name="Berta Berater")
    await expect(question).to_have_count(0)
