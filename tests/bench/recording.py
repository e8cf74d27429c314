"""What recording somebody costs: processor time for a minute of a 720p call, against aiortc's own.

One browser sends 1280 x 720 at up to 30 pictures a second and Opus, first to our recorder, then to
aiortc's. On a busy machine fewer are sent and still fewer recorded: hence also by pictures.
"""

import asyncio
import io
import json
import re
import sys
import tempfile
import time
from asyncio.subprocess import PIPE
from dataclasses import dataclass, replace
from pathlib import Path

import av
import psutil
from playwright.async_api import Page

from media.recorder import Recorder, command
from tests.bench import Figure
from tests.integration.media.browser import sending
from tests.integration.media.files import Ears

SETTLE_SECONDS = 3.0  # until the line is filled
SECONDS = 8.0
IDLE_SECONDS = 25
WIDTH, HEIGHT, KBIT = 1280, 720, 2_000
FULL_MINUTE = 30 * 60  # pictures
_STATS = """async () => {
    for (const one of (await window.pc.getStats()).values())
        if (one.type === "outbound-rtp" && one.kind === "video")
            return [one.frameHeight, one.framesSent, one.bytesSent];
}"""


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one recorder: seconds of processor time, and for what."""

    a_minute: float  # as it was sent
    whole: float  # from the offer to the end of the file
    lines: float
    sent_fps: float
    sent_kbit: float

    def full_minute(self, recorded: int) -> float:
        """Of 30 pictures a second, if each costs what those cost that were recorded."""
        return self.whole / recorded * FULL_MINUTE


def measure() -> list[Figure]:
    return asyncio.run(_measure())


async def _measure() -> list[Figure]:
    ours, pictures = await _ours()
    stock, stock_pictures = await _stock()
    full, stock_full = ours.full_minute(pictures), stock.full_minute(stock_pictures)
    return [
        Figure("ours, for a minute as it was sent", "s", (ours.a_minute,), "≤ 4"),
        Figure("ours, for a minute of 30 pictures a second", "s", (full,), "≤ 4"),
        Figure("aiortc's, for a minute, as far as it kept up", "s", (stock.a_minute,)),
        Figure("aiortc's, for a minute of 30 pictures a second", "s", (stock_full,)),
        Figure("aiortc's / ours", "x", (stock_full / full,), "≥ 15"),
        Figure("height", "lines", (ours.lines, stock.lines)),
        Figure("sent", "pictures/s", (ours.sent_fps, stock.sent_fps)),
        Figure("sent", "kbit/s", (ours.sent_kbit, stock.sent_kbit)),
        Figure("recorded by ours", "pictures", (pictures,)),
        Figure("recorded by aiortc's", "pictures", (stock_pictures,)),
    ]


async def _ours() -> tuple[Cost, int]:
    ears = Ears()
    recorder = Recorder(ears, command=command(loopback=True))

    async def take(offer: str) -> str:
        return filled(await recorder.take("part", offer))

    try:
        await recorder.warm()
        assert recorder._process is not None
        process = psutil.Process(recorder._process.pid)
        before = used(process)
        async with sending(take, WIDTH, HEIGHT, busy=True) as page:
            cost = await _cost(process, before, page)
        await recorder.stop("part")
        return cost, pictures_in(ears.file("part"))
    finally:
        await recorder.close()


async def _stock() -> tuple[Cost, int]:
    with tempfile.TemporaryDirectory() as folder:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.bench._stock_recorder", folder,
            stdin=PIPE, stdout=PIPE, limit=1 << 20,
        )  # fmt: skip
        assert process.stdin is not None
        assert process.stdout is not None
        stdin, stdout = process.stdin, process.stdout
        looked_at = psutil.Process(process.pid)
        before = 0.0

        async def take(offer: str) -> str:
            nonlocal before
            before = used(looked_at)
            stdin.write(json.dumps(offer).encode() + b"\n")
            return filled(str(json.loads(await stdout.readline())))

        async with sending(take, WIDTH, HEIGHT, busy=True) as page:
            cost = await _cost(looked_at, before, page)
        whole = await _until_idle(looked_at) - before  # it has much to make up for
        stdin.write(b"\n")
        await process.wait()
        return replace(cost, whole=whole), pictures_in((Path(folder) / "video.webm").read_bytes())


async def _until_idle(process: psutil.Process) -> float:
    """Seconds of processor time until it does nothing any more, or for long enough."""
    now = used(process)
    for _ in range(IDLE_SECONDS):
        before = now
        await asyncio.sleep(1)
        now = used(process)
        if now - before < 0.05:
            break
    return now


def filled(answer: str) -> str:
    """The answer, with word that the line is good for so much, whatever it says later."""
    number = re.findall(r"a=rtpmap:(\d+) VP8/", answer)[0]
    line = f"x-google-start-bitrate={KBIT};x-google-min-bitrate={KBIT};x-google-max-bitrate={KBIT}"
    said = f"a=rtpmap:{number} VP8/90000\r\n"
    return answer.replace(said, f"{said}a=fmtp:{number} {line}\r\n")


async def _cost(process: psutil.Process, at_first: float, page: Page) -> Cost:
    await asyncio.sleep(SETTLE_SECONDS)
    before, began = used(process), time.monotonic()
    _, frames, sent = await page.evaluate(_STATS)
    await asyncio.sleep(SECONDS)
    after, took = used(process), time.monotonic() - began
    lines, frames_then, sent_then = await page.evaluate(_STATS)
    return Cost(
        60 * (after - before) / took,
        after - at_first,
        lines,
        (frames_then - frames) / took,
        (sent_then - sent) * 8 / 1_000 / took,
    )


def used(process: psutil.Process) -> float:
    times = process.cpu_times()
    return times.user + times.system


def pictures_in(file: bytes) -> int:
    with av.open(io.BytesIO(file), "r") as source:
        return sum(packet.size > 0 for packet in source.demux(video=0))
