"""What Chromium sends, recorded as it is: another reads it, and picture and sound are in step."""

import os
import shutil
import signal
from functools import partial
from itertools import pairwise
from statistics import median

import pytest

from media import webm
from media.recorder import Recorder
from tests.e2e.people import CHROMIUM
from tests.integration.media.browser import sending
from tests.integration.media.files import Ears, Heard, Seen, heard, seen
from tests.patience import allowed

IN_STEP_SECONDS = 0.1
LOST_SECONDS = 2.0
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


async def test_a_killed_recorder_loses_at_most_the_last_two_seconds(
    recorder: Recorder, ears: Ears
) -> None:
    """By the sender's own count of seconds since it sends."""
    async with sending(partial(recorder.take, "killed"), 640, 360) as page:
        await page.evaluate(
            """() => new Promise((done) => {
                const see = async () => {
                    for (const one of (await window.pc.getStats()).values())
                        if (one.type === "outbound-rtp" && one.kind === "audio" && one.packetsSent)
                            return done((window.sentSince = performance.now()));
                    setTimeout(see, 10);
                };
                see();
            })"""
        )
        await ears.until_recorded("killed", chunks=12)
        assert recorder._process is not None
        sent = await page.evaluate("(performance.now() - window.sentSince) / 1000")
        os.kill(recorder._process.pid, signal.SIGKILL)
        assert await ears.until_ended("killed") == "crashed"
    file = ears.file("killed")
    for last in (seen(file)[-1].at, heard(file)[-1].at):
        assert sent - last < allowed(LOST_SECONDS)
