"""What really flows between two pages, by the browsers' own statistics.

It reads the probes of `probes.js` and knows nothing of the product's code.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

_EVERY_SECONDS = 0.05
_T = TypeVar("_T")


class Page(Protocol):
    """A page of whatever browser, in which the probes are."""

    async def evaluate(self, expression: str, arg: Any = None) -> Any: ...


@dataclass(frozen=True, slots=True)
class Media:
    """Sums over all open connections of one page, since each connection began."""

    connections: int
    connected: int
    tracks: int  # attached to senders right now
    packets_sent: int
    audio_bytes: int  # sent
    video_bytes: int  # sent
    frames_decoded: int  # of the remote picture
    audio_samples: int  # received
    audio_energy: float  # of what was received


async def media_of(page: Page) -> Media:
    sums: dict[str, Any] = await page.evaluate("window.__probes.media()")
    return Media(
        connections=sums["connections"],
        connected=sums["connected"],
        tracks=sums["tracks"],
        packets_sent=sums["packetsSent"],
        audio_bytes=sums["audioBytes"],
        video_bytes=sums["videoBytes"],
        frames_decoded=sums["framesDecoded"],
        audio_samples=sums["audioSamples"],
        audio_energy=sums["audioEnergy"],
    )


async def eventually(
    read: Callable[[], Awaitable[_T]],
    fits: Callable[[_T], bool],
    *,
    within_seconds: float,
    what: str,
) -> _T:
    """Read until it fits. The statistics of a browser cannot be waited for, only asked."""
    deadline = time.monotonic() + within_seconds
    while True:
        value = await read()
        if fits(value):
            return value
        assert time.monotonic() < deadline, f"not within {within_seconds} s: {what}; last: {value}"
        await asyncio.sleep(_EVERY_SECONDS)


async def sees_and_hears(page: Page, *, within_seconds: float = 60.0) -> Media:
    """Wait until this page decodes five more frames and more audible sound than it had."""
    least = await media_of(page)

    def more(now: Media) -> bool:
        nonlocal least
        if now.frames_decoded < least.frames_decoded:  # a connection went, another takes over
            least = now
        return (
            now.frames_decoded >= least.frames_decoded + 5
            and now.audio_samples > least.audio_samples
            and now.audio_energy > least.audio_energy
        )

    return await eventually(
        lambda: media_of(page), more, within_seconds=within_seconds, what="remote frames and sound"
    )


async def warm(page: Page, *, connections: int = 1) -> Media:
    """Wait until this page's connections to the other side stand."""
    return await eventually(
        lambda: media_of(page),
        lambda now: now.connected >= connections,
        within_seconds=60,
        what="a connection that stands before the call",
    )
