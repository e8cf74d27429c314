"""A shown screen, as both meet it: with its sound where there is one, and ended by either."""

from urllib.parse import urlsplit

from playwright.async_api import Request, expect

from tests.e2e.media import eventually, media_of, sees_and_hears
from tests.e2e.people import House, Talker, word
from tests.e2e.screens import let_go_of, show


async def hears_more(person: Talker, what: str) -> None:
    before = (await media_of(person.page)).audio_energy

    async def energy() -> float:
        return (await media_of(person.page)).audio_energy

    await eventually(energy, lambda now: now > before + 0.01, within_seconds=60, what=what)


def said_by(person: Talker) -> list[Request]:
    """What this page says of screens to the counters, from now on."""
    said: list[Request] = []

    def note(request: Request) -> None:
        if urlsplit(request.url).path == "/api/screens":
            said.append(request)

    person.page.on("request", note)
    return said


async def ended(person: Talker, other: str) -> None:
    """It is over here, what showed it is closed, and it is said who ended it."""
    await person.reads("talk.screen.stopped", name=other)
    await let_go_of(person)


async def test_a_screen_is_seen_and_heard_and_ended_by_either(house: House) -> None:
    """OB-02, OB-46: with the microphone off one hears the screen alone; one press ends both."""
    advisor, prospect = await house.advisor(), await house.prospect()
    await prospect.call("Erika", "Schirm")
    await advisor.accept("Erika Schirm")
    await sees_and_hears(advisor.page)
    await prospect.button("talk.microphone.off").click()
    await expect(advisor.page.get_by_text(word("talk.muted"))).to_be_visible()

    await show(prospect)
    assert (await prospect.page.evaluate("window.__asked"))[0]["audio"]
    await hears_more(advisor, "the sound of the screen")
    await expect(advisor.page.get_by_text(word("talk.muted"))).to_be_visible()
    await advisor.button("talk.screen.stop").click()
    await ended(prospect, "Berta Berater")
    await expect(advisor.button("talk.screen.stop")).to_be_hidden()

    await show(advisor)
    await prospect.button("talk.screen.stop").click()
    await ended(advisor, "Erika Schirm")
    await expect(prospect.button("talk.screen.stop")).to_be_hidden()
    await sees_and_hears(prospect.page)  # the camera again, and the voice


async def test_a_screen_is_counted_once_and_of_nobody(house: House) -> None:
    """OB-12, OB-34: the prospect's page says so once, whoever shows one and how often; what says it
    carries no cookie, no body and no session. The console says nothing of its advisor's work.
    """
    advisor, prospect = await house.advisor(), await house.prospect()
    by_advisor, by_prospect = said_by(advisor), said_by(prospect)
    await prospect.call("Erika", "Zählwerk")
    await advisor.accept("Erika Zählwerk")
    await sees_and_hears(advisor.page)
    assert by_prospect == []
    for person, other in ((advisor, prospect), (prospect, advisor)):
        await show(person)
        await other.button("talk.screen.stop").click()
        await let_go_of(person)
    assert by_advisor == []
    [only] = by_prospect
    headers = await only.all_headers()
    assert (only.method, urlsplit(only.url).path) == ("POST", "/api/screens")
    assert (only.post_data, headers["may-count"]) == (None, "yes")
    assert not {"cookie", "authorization"} & set(headers)
    answer = await only.response()
    assert answer is not None
    assert answer.status == 204
