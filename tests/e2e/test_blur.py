"""The background is blurred in the browser, and from the switch on nothing open leaves."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Locator, async_playwright, expect

from tests.e2e.figure import film
from tests.e2e.media import eventually
from tests.e2e.people import CHROMIUM, FLAGS, SLOW_CAMERA, Advisor, House, Prospect, Talker, word
from tests.e2e.server import Server

ROUGH, SMOOTH = 6.0, 2.5  # of the wall; measured about 13 and below 1
SOON = 60.0
LOOKING = Path(__file__).with_name("roughness.js")


@pytest.fixture(scope="module")
async def filmed(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Browser]:
    """A browser whose camera looks at somebody before a wall."""
    path = film(tmp_path_factory.mktemp("film") / "somebody.y4m")
    async with async_playwright() as playwright:
        camera = f"--use-file-for-fake-video-capture={path}"
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM, args=[*FLAGS, SLOW_CAMERA, camera]
        )
        yield browser
        await browser.close()


@pytest.fixture
async def house(filmed: Browser, server: Server) -> AsyncIterator[House]:
    open_house = House(filmed, server)
    yield open_house
    await open_house.close()


def switch(talker: Talker) -> Locator:
    return talker.page.get_by_role("switch", name=word("ready.device.blur"))


async def open_devices(talker: Talker) -> None:
    await talker.button("talk.devices").click()
    await expect(switch(talker)).to_be_visible()


async def close_devices(talker: Talker) -> None:
    await (
        talker.page.get_by_role("dialog")
        .get_by_role("button", name=word("ui.close"), exact=True)
        .click()
    )


async def sees(talker: Talker, *, smooth: bool) -> None:
    async def shown() -> float | None:
        rough: float | None = await talker.page.evaluate("window.__roughness.shown()")
        return rough

    def fits(rough: float | None) -> bool:
        return rough is not None and (rough < SMOOTH if smooth else rough > ROUGH)

    await eventually(shown, fits, within_seconds=SOON, what="the other side's wall")


async def sent_since(talker: Talker, at: float) -> list[float]:
    """How rough the wall was in each picture; black ones prove nothing."""
    sent: list[dict[str, float]] = await talker.page.evaluate("window.__roughness.sent")
    since = [one for one in sent if one["at"] >= at]
    assert min((one["light"] for one in since), default=255) > 80
    return [one["rough"] for one in since]


async def press(talker: Talker) -> float:
    """The switch; when it was, by the page's clock."""
    at: float = await switch(talker).evaluate(
        "node => { const at = performance.now(); node.click(); return at; }"
    )
    return at


async def talking(house: House, *scripts: str) -> tuple[Prospect, Advisor]:
    advisor = await house.advisor()
    prospect = await house.prospect()
    for talker in (advisor, prospect):
        await talker.context.add_init_script(path=LOOKING)
        for script in scripts:
            await talker.context.add_init_script(script)
    await advisor.page.reload()
    await advisor.prepare()
    await prospect.call("Erika", "Wand")
    await advisor.accept("Erika Wand")
    for talker in (advisor, prospect):
        await talker.in_talk()
        await sees(talker, smooth=False)
    return prospect, advisor


async def sends_smooth(sender: Talker, since: float) -> None:
    sent = await eventually(
        lambda: sent_since(sender, since),
        lambda sent: len(sent) >= 10,
        within_seconds=SOON,
        what="ten pictures",
    )
    assert max(sent) < SMOOTH


async def blurs(sender: Talker, receiver: Talker) -> None:
    """On and off again: blurred at once at the sender, and soon for the other side."""
    await open_devices(sender)
    assert max(await sent_since(sender, 0)) > ROUGH
    pressed = await press(sender)
    await sender.reads("ready.device.blur.on")
    await sees(receiver, smooth=True)
    await sends_smooth(sender, pressed)
    assert await sender.page.evaluate("window.__roughness.own()") < SMOOTH
    await press(sender)
    await sees(receiver, smooth=False)
    await close_devices(sender)


async def test_from_the_switch_on_nothing_open_leaves(house: House) -> None:
    """Every picture at the sender, from the press until it is switched off again; both ways."""
    prospect, advisor = await talking(house)
    await blurs(prospect, advisor)
    await blurs(advisor, prospect)


async def test_a_browser_that_gives_no_frames_blurs_all_the_same(house: House) -> None:
    """Firefox and Safari have no stream of frames: a canvas draws there."""
    prospect, advisor = await talking(house, "delete window.MediaStreamTrackGenerator;")
    await blurs(prospect, advisor)


async def test_what_was_wished_outlives_a_reload(house: House) -> None:
    """Nobody has to think of it again before the camera comes back by itself."""
    prospect, advisor = await talking(house)
    await open_devices(prospect)
    await press(prospect)
    await prospect.reads("ready.device.blur.on")
    await prospect.page.reload()
    await prospect.in_talk()
    await sends_smooth(prospect, 0)
    await sees(advisor, smooth=True)


async def test_without_what_it_takes_there_is_no_picture_and_it_is_said(house: House) -> None:
    """By keyboard and in words: what is missing, that nothing is sent, and the way back."""
    prospect = await house.prospect()
    prospect.guard.allow("ERR_FAILED")
    await prospect.context.route("**/*.tflite", lambda route: route.abort())
    await prospect.call("Erika", "Wand")
    own = prospect.page.get_by_test_id("own-video")
    await switch(prospect).focus()
    await prospect.page.keyboard.press("Space")
    await expect(switch(prospect)).to_have_attribute("aria-checked", "true")
    said = prospect.page.get_by_role("status").filter(has_text=word("ready.device.blur.failed"))
    await expect(said).to_be_visible()
    await expect(own).to_be_hidden()
    await prospect.page.keyboard.press("Space")
    await prospect.reads("ready.device.blur.off")
    await expect(own).to_be_visible()
