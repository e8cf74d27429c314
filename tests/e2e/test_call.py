"""A stranger types a name and talks to an advisor: picture, sound, chat, reload, hanging up."""

import asyncio
from dataclasses import dataclass

import pytest
from playwright.async_api import Page, expect

from tests.e2e.media import Media, eventually, media_of, sees_and_hears, warm
from tests.e2e.people import Advisor, House, Prospect, word
from tests.patience import allowed


@dataclass(frozen=True, slots=True)
class Talk:
    """Two people who see and hear each other."""

    prospect: Prospect
    advisor: Advisor


async def waiting(house: House) -> Talk:
    """One waits with devices allowed, the other sees it; everything is prepared, nothing flows."""
    advisor = await house.advisor()
    prospect = await house.prospect()
    await prospect.call("Zoë", "Núñez-Weiß")
    await expect(advisor.accept_button("Zoë Núñez-Weiß")).to_be_enabled()
    return Talk(prospect, advisor)


async def accepted(house: House) -> Talk:
    talk = await waiting(house)
    await talk.advisor.accept("Zoë Núñez-Weiß")
    await flows_both_ways(talk)
    return talk


async def flows_both_ways(talk: Talk) -> None:
    await asyncio.gather(
        sees_and_hears(talk.prospect.page),
        sees_and_hears(talk.advisor.page),
    )


async def has_its_full_size(page: Page) -> None:
    """The first picture is half as wide, so that it comes sooner."""

    async def width() -> int:
        pixels = await page.get_by_test_id("remote-video").evaluate("video => video.videoWidth")
        return int(pixels)

    what = "a picture of its full size"
    await eventually(width, lambda pixels: pixels == 640, within_seconds=allowed(5), what=what)


async def test_two_strangers_see_and_hear_each_other(house: House) -> None:
    """OB-02, OB-06, OB-07: two names are enough, and no password is asked for anywhere."""
    advisor = await house.advisor()
    prospect = await house.prospect()
    await prospect.open("/")
    await expect(prospect.page.locator("input[type=password]")).to_have_count(0)
    await expect(prospect.page.locator("input[type=text]")).to_have_count(2)
    await prospect.fill_in("Zoë", "Núñez-Weiß")
    await prospect.start()
    await prospect.page.wait_for_url("**/call/*")
    await prospect.allow_devices()
    await advisor.accept("Zoë Núñez-Weiß")
    await flows_both_ways(Talk(prospect, advisor))
    await expect(prospect.page.get_by_text("Berta Berater").first).to_be_visible()
    for page in (prospect.page, advisor.page):
        await has_its_full_size(page)


async def test_an_advisor_who_prepared_nothing_is_ready_while_somebody_waits(house: House) -> None:
    """Allowed once, the camera goes on by itself for whoever waits, sends nothing, and goes off."""
    advisor = await house.advisor()
    await advisor.open("/imprint")
    await advisor.open("/console")  # a new page of the same shift: nothing is prepared on it
    own = advisor.page.get_by_test_id("own-video")
    await expect(advisor.button("console.devices.prepare")).to_be_visible()
    prospect = await house.prospect()
    await prospect.call("Zoë", "Núñez-Weiß")
    await expect(own).to_be_visible()
    ready = await warm(advisor.page)
    assert (ready.tracks, ready.packets_sent) == (0, 0)
    await prospect.leave()
    await expect(own).to_be_hidden()
    await expect(advisor.button("console.devices.prepare")).to_be_visible()


async def test_nothing_leaves_a_device_before_the_answer(house: House) -> None:
    """Guarantee 7: connected and ready at both ends, and yet not one packet at either sender."""
    talk = await waiting(house)
    for page in (talk.prospect.page, talk.advisor.page):
        ready = await warm(page)
        assert (ready.tracks, ready.packets_sent) == (0, 0)
        assert ready.audio_bytes + ready.video_bytes + ready.frames_decoded == 0
        assert await page.evaluate("window.__probes.attached") == []
    await talk.advisor.accept("Zoë Núñez-Weiß")
    await flows_both_ways(talk)
    clicks = await talk.advisor.page.evaluate("window.__probes.clicks.map(({at}) => at)")
    for page in (talk.prospect.page, talk.advisor.page):
        attached = await page.evaluate("window.__probes.attached.map(({at}) => at)")
        assert attached
        assert min(attached) >= max(clicks)
        # The call runs over what was prepared, not over a new connection.
        assert (await media_of(page)).connections == 1


async def test_devices_are_asked_for_in_our_words_first(house: House) -> None:
    """OB-46: `getUserMedia` is never called before our own question was answered."""
    prospect = await house.prospect()
    await prospect.open("/")
    await prospect.fill_in("Zoë", "Núñez-Weiß")
    await prospect.start()
    await prospect.page.wait_for_url("**/call/*")
    await expect(prospect.button("ready.allow.both")).to_be_visible()
    assert await prospect.page.evaluate("window.__probes.devices") == []
    await prospect.allow_devices()
    asked = await prospect.page.evaluate("window.__probes.devices")
    clicks = await prospect.page.evaluate("window.__probes.clicks.map(({at}) => at)")
    assert asked
    assert min(one["at"] for one in asked) >= min(clicks)


async def test_the_call_works_with_the_microphone_alone(house: House) -> None:
    """OB-46: camera and microphone are two consents; one of them is enough to talk."""
    advisor = await house.advisor()
    prospect = await house.prospect()
    await prospect.open("/")
    await prospect.fill_in("Zoë", "Núñez-Weiß")
    await prospect.start()
    await prospect.button("ready.allow.microphone").click()
    await advisor.accept("Zoë Núñez-Weiß")
    await sees_and_hears(prospect.page)
    asked = await prospect.page.evaluate("window.__probes.devices")
    assert asked
    assert not any(one["video"] for one in asked)
    heard = await eventually(
        lambda: media_of(advisor.page),
        lambda now: now.audio_energy > 0,
        within_seconds=60,
        what="the prospect's voice",
    )
    assert heard.frames_decoded == 0


async def test_chat_both_ways_with_delivery_states(house: House) -> None:
    talk = await accepted(house)
    await talk.prospect.open_chat()
    await talk.advisor.open_chat()
    await talk.prospect.write("Guten Tag, ich habe eine Frage.")
    await talk.advisor.sees_message("Guten Tag, ich habe eine Frage.")
    await talk.advisor.write("Gern, worum geht es?")
    await talk.prospect.sees_message("Gern, worum geht es?")
    for person in (talk.prospect, talk.advisor):
        await expect(person.messages.filter(has_text=word("chat.seen"))).to_have_count(1)


@pytest.mark.parametrize(
    ("control", "sent", "notice"),
    [("microphone", "audio_bytes", "talk.muted"), ("camera", "video_bytes", "talk.no-camera")],
)
async def test_what_is_switched_off_is_not_sent(
    house: House, control: str, sent: str, notice: str
) -> None:
    talk = await accepted(house)
    sender, other = talk.prospect, talk.advisor
    await sender.button(f"talk.{control}.off").click()
    await other.reads(notice, name="Zoë Núñez-Weiß")
    # The other kind goes on. What was on its way is out when it has sent a while; from then on it
    # is the clock by which this one has its chance too.
    going = "video_bytes" if sent == "audio_bytes" else "audio_bytes"
    before = getattr(await sent_on(sender.page, going, 3_000), sent)
    assert getattr(await sent_on(sender.page, going, 4_000), sent) == before
    await sender.button(f"talk.{control}.on").click()
    await flows_both_ways(talk)


@pytest.mark.parametrize("who", ["prospect", "advisor"])
async def test_a_reload_leads_back_into_the_talk(house: House, who: str) -> None:
    """Promise 1: it comes back by itself, within four seconds, and the chat is still there."""
    talk = await accepted(house)
    person: Prospect | Advisor = getattr(talk, who)
    await person.open_chat()
    await person.write("Bin gleich wieder da.")
    await person.sees_message("Bin gleich wieder da.")
    start = await now(person.page)
    await person.page.reload()
    await flows_both_ways(talk)
    assert await now(person.page) - start < allowed(4) * 1_000
    await person.open_chat()
    await person.sees_message("Bin gleich wieder da.")


async def sent_on(page: Page, kind: str, bytes_more: int) -> Media:
    """Wait until this page has sent that much more of one kind."""
    mark = getattr(await media_of(page), kind)
    return await eventually(
        lambda: media_of(page),
        lambda now: bool(getattr(now, kind) > mark + bytes_more),
        within_seconds=60,
        what=f"{bytes_more} more {kind}",
    )


async def now(page: Page) -> float:
    """Milliseconds since 1970 by the browser's clock."""
    return float(await page.evaluate("Date.now()"))


@pytest.mark.parametrize("who", ["prospect", "advisor"])
async def test_either_side_ends_it_for_both(house: House, who: str) -> None:
    talk = await accepted(house)
    person: Prospect | Advisor = getattr(talk, who)
    await person.hang_up()
    await talk.prospect.reads("after.heading")
    await expect(talk.advisor.page.get_by_test_id("remote-video")).to_have_count(0)
    for page in (talk.prospect.page, talk.advisor.page):
        gone = await media_of(page)
        assert gone.connections == 0


WITHDRAWN = """() => {
    const [button] = document.querySelectorAll(".consents button");
    const own = document.querySelector("[data-testid=own-video]").srcObject.getVideoTracks()[0];
    return new Promise((gone) => {
        const began = performance.now();
        button.click();
        const look = () => own.readyState === "ended" ? gone(performance.now() - began)
            : setTimeout(look, 5);
        look();
    });
}"""


async def test_a_consent_is_withdrawn_with_one_press_and_given_anew(house: House) -> None:
    """OB-44: the camera ends at once, the other side sees it, and a reload brings nothing back."""
    talk = await accepted(house)
    page = talk.prospect.page
    await talk.prospect.button("talk.devices").click()
    took_ms = await page.evaluate(WITHDRAWN)
    print(f"\nthe camera ended {took_ms:.0f} ms after the press")
    assert took_ms < allowed(0.3) * 1_000
    await expect(page.get_by_text(word("talk.consent.withdrawn"))).to_be_visible()
    said = word("talk.no-camera", name="Zoë Núñez-Weiß")
    await expect(talk.advisor.page.get_by_text(said)).to_be_visible()
    await expect(page.get_by_text(word("talk.consent.camera"))).to_be_hidden()
    await expect(page.get_by_text(word("talk.consent.microphone"))).to_be_visible()
    await page.reload()
    await talk.prospect.in_talk()
    await eventually(
        lambda: media_of(page), lambda now: now.tracks == 1, within_seconds=60, what="sound alone"
    )
    await talk.prospect.button("talk.camera.on").click()  # agrees anew, and is seen again
    await sees_and_hears(talk.advisor.page)
    await talk.prospect.button("talk.devices").click()
    await expect(page.get_by_text(word("talk.consent.camera"))).to_be_visible()
    await page.keyboard.press("Escape")
