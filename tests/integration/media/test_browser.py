"""What Chromium sends, recorded as it is: another reads it, and picture and sound are in step."""

import shutil
from functools import partial
from itertools import pairwise
from statistics import median

import pytest

from media import webm
from media.recorder import Recorder
from tests.e2e.people import CHROMIUM
from tests.integration.media.browser import sending
from tests.integration.media.files import Ears, Heard, Seen, heard, seen

IN_STEP_SECONDS = 0.1
pytestmark = pytest.mark.skipif(not shutil.which(CHROMIUM), reason=f"no {CHROMIUM}")


def flashes(pictures: list[Seen]) -> list[float]:
    """When it becomes light."""
    light = [(picture.at, picture.light > 110) for picture in pictures]
    return [at for (_, before), (at, now) in pairwise(light) if now and not before]


def beeps(sounds: list[Heard]) -> list[float]:
    """When it becomes loud after it was quiet for a while."""
    loud = [sound.at for sound in sounds if sound.loud > 3_000]
    return [at for before, at in pairwise([-9.0, *loud]) if at - before > 0.3]


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
    starts = beeps(sounds)
    off = [min((flash - beep for beep in starts), key=abs) for flash in flashes(pictures)]
    assert len(off) >= 3
    assert abs(median(off)) < IN_STEP_SECONDS
