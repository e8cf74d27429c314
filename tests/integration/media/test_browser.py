"""What Chromium sends, recorded as it is: another reads it, and picture and sound are in step."""

import shutil
from functools import partial
from itertools import groupby, pairwise
from statistics import median

import pytest

from media import webm
from media.black import black
from media.part import BLACK_SIZE
from media.recorder import Recorder
from tests.e2e.people import CHROMIUM
from tests.integration.media.browser import sending
from tests.integration.media.files import IN_STEP_MS, Ears, Heard, Seen, expect_clean, heard, seen

LOUD = 3_000  # of 32,767
pytestmark = pytest.mark.skipif(not shutil.which(CHROMIUM), reason=f"no {CHROMIUM}")


def flashes(pictures: list[Seen]) -> list[float]:
    """When it becomes light."""
    light = [(picture.at, picture.light > 110) for picture in pictures]
    return [at for (_, before), (at, now) in pairwise(light) if now and not before]


def beeps(sounds: list[Heard]) -> list[float]:
    """When it becomes loud after it was quiet for a while."""
    loud = [sound.at for sound in sounds if sound.loud > LOUD]
    return [at for before, at in pairwise([-9.0, *loud]) if at - before > 0.3]


def expect_in_step(pictures: list[Seen], sounds: list[Heard]) -> None:
    starts = beeps(sounds)
    off = [min((flash - beep for beep in starts), key=abs) for flash in flashes(pictures)]
    assert len(off) >= 2
    assert 1_000 * abs(median(off)) < IN_STEP_MS


async def test_picture_and_sound_of_a_browser_are_in_step(recorder: Recorder, ears: Ears) -> None:
    """The file is what was sent: one that is taken to pieces by libav without a complaint."""
    async with sending(partial(recorder.take, "browser"), 640, 360) as page:
        await ears.until_recorded("browser", chunks=16)
        await recorder.stop("browser")
        await page.wait_for_function("window.pc.connectionState !== 'connected'")
    file = ears.file("browser")
    assert webm.lasts_ms(file) is not None
    pictures, sounds = seen(file), heard(file)
    assert {picture.size[0] * 9 == picture.size[1] * 16 for picture in pictures} == {True}
    expect_in_step(pictures, sounds)


async def test_they_are_in_step_after_another_connection_took_over(
    recorder: Recorder, ears: Ears
) -> None:
    """F-14: whose network changed offers anew; the file goes on, dark and silent in between."""

    async def take(offer: str) -> str:
        again = "moved" in ears.chunks
        return await (recorder.again if again else recorder.take)("moved", offer)

    async with sending(take, 480, 270) as page:
        await ears.until_recorded("moved", chunks=8)
        await page.evaluate("window.hush()")
        dark = black(*BLACK_SIZE)  # what is sent is smaller
        await ears.until(lambda: dark in ears.chunks["moved"][-1], "a black picture")
        await page.evaluate("window.dial()")
        await ears.until_recorded("moved", chunks=len(ears.chunks["moved"]) + 20)
        await recorder.stop("moved")
    assert ears.endings["moved"] == ["stopped"]
    file = ears.file("moved")
    expect_clean(file)
    pictures, sounds = seen(file), heard(file)
    assert [one.at for one in pictures] == sorted(one.at for one in pictures)
    loud = [one.at for one in sounds if one.loud > LOUD]
    left, back = max(pairwise(loud), key=lambda two: two[1] - two[0])
    assert back - left > 2
    # Pictures go on until the hush, which may be most of a second after the last beep.
    sizes = [one.size == BLACK_SIZE for one in pictures if one.at > left]
    assert [dark for dark, _ in groupby(sizes)] in ([False, True, False], [True, False])
    for start, end in ((0, left), (back - 0.5, sounds[-1].at)):
        expect_in_step(
            [one for one in pictures if start < one.at <= end],
            [one for one in sounds if start < one.at <= end],
        )
