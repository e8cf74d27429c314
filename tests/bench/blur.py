"""What a blurred background costs: pictures a second and processor time, with it and without.

One page that waits, its camera at thirty pictures a second, and the whole browser's work.
"""

import asyncio
import tempfile
import time
from pathlib import Path

import psutil
from playwright.async_api import Page, async_playwright, expect

from tests.bench import Figure
from tests.e2e.figure import film
from tests.e2e.people import CHROMIUM, FLAGS, QUICK_CAMERA, House, word
from tests.e2e.server import Server

ROUNDS = 3
SECONDS = 4.0
SETTLE_SECONDS = 1.0
SHOWN = """ms => new Promise((done) => {
    const video = document.querySelector('[data-testid="own-video"]');
    let shown = 0;
    const next = () => { shown += 1; video.requestVideoFrameCallback(next); };
    video.requestVideoFrameCallback(next);
    setTimeout(() => done(shown), ms);
})"""


def measure() -> list[Figure]:
    return asyncio.run(_measure())


async def _measure() -> list[Figure]:
    plain: list[tuple[float, float]] = []
    blurred: list[tuple[float, float]] = []
    first: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        camera = f"--use-file-for-fake-video-capture={film(Path(folder) / 'film.y4m', fps=30)}"
        server = await Server.start(Path(folder))
        try:
            async with async_playwright() as playwright:
                browser = await playwright.chromium.launch(
                    executable_path=CHROMIUM, args=[*FLAGS, QUICK_CAMERA, camera]
                )
                prospect = await House(browser, server).prospect()
                await prospect.call("Erika", "Wand")
                for _ in range(ROUNDS):
                    plain.append(await _look(prospect.page))
                    first.append(await _press(prospect.page, "on"))
                    blurred.append(await _look(prospect.page))
                    await _press(prospect.page, "off")
                await browser.close()
        finally:
            await server.stop()
    return [
        Figure("switch to first blurred picture", "ms", tuple(first)),
        Figure("own picture", "frames/s", tuple(frames for frames, _ in plain)),
        Figure("own picture, blurred", "frames/s", tuple(frames for frames, _ in blurred), "≤ 17"),
        Figure("work of the browser", "% of a core", tuple(share for _, share in plain)),
        Figure("work of the browser, blurred", "% of a core", tuple(share for _, share in blurred)),
    ]


async def _press(page: Page, state: str) -> float:
    """Milliseconds until it is so."""
    began = time.perf_counter()
    await page.get_by_role("switch", name=word("ready.device.blur")).click()
    await expect(page.get_by_text(word(f"ready.device.blur.{state}"))).to_be_visible()
    return (time.perf_counter() - began) * 1_000


async def _look(page: Page) -> tuple[float, float]:
    """Frames a second, and the share of one core that the browser took."""
    await asyncio.sleep(SETTLE_SECONDS)
    before, began = _worked(), time.perf_counter()
    frames: int = await page.evaluate(SHOWN, SECONDS * 1_000)
    took = time.perf_counter() - began
    return frames / took, 100 * (_worked() - before) / took


def _worked() -> float:
    """Processor seconds of all processes of the browser so far."""
    total = 0.0
    for process in psutil.Process().children(recursive=True):
        if "chrom" in process.name():
            times = process.cpu_times()
            total += times.user + times.system
    return total
