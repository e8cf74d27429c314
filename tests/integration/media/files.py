"""What comes of a recorder, and what is to be seen and heard in it."""

import asyncio
import io
from array import array
from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import median

import av

from media import webm
from media.hush import SILENCE, lasts_ms
from media.recorder import Recorder
from tests.e2e.media import eventually
from tests.patience import PATIENCE_SECONDS

IN_STEP_MS = 100


@dataclass(slots=True)
class Ears:
    """Keeps all that a recorder says, in order."""

    chunks: dict[str, list[bytes]] = field(default_factory=dict)
    endings: dict[str, list[str]] = field(default_factory=dict)

    def chunk(self, part: str, data: bytes) -> None:
        assert part not in self.endings
        assert 0 < len(data) <= 256 * 1024
        self.chunks.setdefault(part, []).append(data)

    def ended(self, part: str, code: str) -> None:
        self.endings.setdefault(part, []).append(code)

    def file(self, part: str) -> bytes:
        """As it would be played."""
        chunks = self.chunks[part]
        return webm.completed(chunks[0], chunks[-1]) + b"".join(chunks[1:])

    async def until(self, fits: Callable[[], bool], what: str) -> None:
        async def read() -> bool:
            return fits()

        await eventually(read, bool, within_seconds=PATIENCE_SECONDS, what=what)

    async def until_recorded(self, part: str, chunks: int = 1) -> None:
        await self.until(lambda: len(self.chunks.get(part, ())) >= chunks, f"{chunks} chunks")

    async def until_ended(self, part: str) -> str:
        await self.until(lambda: part in self.endings, "the end of a part")
        [code] = self.endings[part]
        return code


@dataclass(slots=True)
class Seen:
    """One picture."""

    at: float  # seconds
    size: tuple[int, int]
    light: float  # of some points, the middle one: 16 is black, 235 white
    contrast: int  # between the lightest and the darkest of these


@dataclass(slots=True)
class Heard:
    """One millisecond of sound."""

    at: float
    loud: int  # of 32,767


def seen(file: bytes) -> list[Seen]:
    """Every picture."""
    found = []
    with av.open(io.BytesIO(file), "r") as source:
        for frame in source.decode(video=0):
            plane, points = frame.planes[0], memoryview(frame.planes[0])
            rows = range(frame.height // 3, frame.height, frame.height // 4)
            columns = range(frame.width // 10, frame.width, frame.width // 7)
            light = [points[row * plane.line_size + column] for row in rows for column in columns]
            size = (frame.width, frame.height)
            found.append(Seen(frame.time or 0.0, size, median(light), max(light) - min(light)))
    return found


def heard(file: bytes) -> list[Heard]:
    """All sound."""
    found = []
    with av.open(io.BytesIO(file), "r") as source:
        into = av.AudioResampler(format="s16", layout="mono", rate=48_000)
        for frame in source.decode(audio=0):
            for part in into.resample(frame):
                samples = array("h", bytes(part.planes[0]))[: part.samples]
                found += [
                    Heard((frame.time or 0.0) + at / 48_000, max(map(abs, samples[at : at + 48])))
                    for at in range(0, len(samples), 48)
                ]
    return found


def expect_clean(file: bytes) -> None:
    """Both streams, times that never go back, nothing that libav complains of, as ffprobe has it;
    and sound without a gap, since Chromium plays the next packet when one is over."""
    before = av.logging.get_level()
    av.logging.set_level(av.logging.WARNING)
    try:
        with av.logging.Capture(local=False) as said, av.open(io.BytesIO(file), "r") as source:
            last: dict[str, int] = {}
            counted_ms = 0.0
            for packet in source.demux():
                if packet.dts is not None:
                    kind = packet.stream.type
                    assert packet.dts >= last.get(kind, packet.dts), (kind, packet.dts)
                    last[kind] = packet.dts
                if packet.size and packet.stream.type == "audio":
                    assert packet.dts is not None
                    said_ms = packet.dts if bytes(packet) != SILENCE else counted_ms
                    assert abs(said_ms - counted_ms) < IN_STEP_MS, (said_ms, counted_ms)
                    counted_ms += lasts_ms(bytes(packet))
                packet.decode()
            assert set(last) == {"audio", "video"}
        assert not said
    finally:
        av.logging.set_level(before)


async def gone(recorder: Recorder) -> None:
    """End it however it is."""
    await asyncio.wait_for(recorder.close(), PATIENCE_SECONDS)
