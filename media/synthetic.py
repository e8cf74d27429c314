"""A person who is not there: a tone that never ends, a picture that moves, and ears and eyes.

Sound is a sine whose period fits a frame, so that it is told from any other by its own frame; the
picture is a ramp that wanders under a colour. It does not know who sends it to whom.
"""

import asyncio
import math
from array import array
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from time import monotonic
from typing import Final

from aiortc.mediastreams import MediaStreamError, MediaStreamTrack
from av import AudioFrame, VideoFrame

RATE: Final = 48_000  # samples a second, as Opus has them
SAMPLES: Final = 960  # of a frame: 20 ms
LOUD: Final = 9_000  # of 32,767
WIDTH, HEIGHT, FPS = 480, 360, 15
VIDEO_CLOCK: Final = 90_000
_HEARD_RMS: Final = 100.0  # some -50 dB below the loudest: not silence, not the noise of a codec
_SEEN_CONTRAST: Final = 24  # between the darkest and the lightest point of those looked at


class _Paced(MediaStreamTrack):
    """Something to send every so often; late by what the machine is late, and never in a hurry."""

    every_seconds: float

    def __init__(self) -> None:
        super().__init__()
        self._count = 0
        self._began: float | None = None

    async def _next(self) -> int:
        """The number of the frame that is due, when it is."""
        if self.readyState != "live":
            raise MediaStreamError
        now = monotonic()
        if self._began is None:
            self._began = now
        number, self._count = self._count, self._count + 1
        due = self._began + number * self.every_seconds
        if due > now:
            await asyncio.sleep(due - now)
        elif now - due > 1:  # the machine slept: go on from here
            self._began += now - due
        return number


class Tone(_Paced):
    """A sine of so many periods a frame of 20 ms: 10 are 500 Hz."""

    kind = "audio"
    every_seconds = SAMPLES / RATE

    def __init__(self, periods: int) -> None:
        super().__init__()
        turn = 2 * math.pi * periods / SAMPLES
        wave = array("h", (round(LOUD * math.sin(turn * at)) for at in range(SAMPLES)))
        self._wave = wave.tobytes()

    async def recv(self) -> AudioFrame:
        number = await self._next()
        frame = AudioFrame(format="s16", layout="mono", samples=SAMPLES)
        frame.planes[0].update(self._wave)
        frame.sample_rate = RATE
        frame.pts, frame.time_base = number * SAMPLES, Fraction(1, RATE)
        return frame


class Picture(_Paced):
    """A grey ramp that wanders, under one colour."""

    kind = "video"
    every_seconds = 1 / FPS

    def __init__(self, colour: tuple[int, int] = (128, 128)) -> None:
        super().__init__()
        row = bytes(16 + 200 * at // WIDTH for at in range(WIDTH))
        self._rows = row + row
        self._colour = [bytes([part]) for part in colour]

    async def recv(self) -> VideoFrame:
        number = await self._next()
        start = number * 8 % WIDTH
        frame = VideoFrame(WIDTH, HEIGHT, "yuv420p")
        for plane, row in zip(
            frame.planes, (self._rows[start : start + WIDTH], *self._colour), strict=True
        ):
            line = row.ljust(plane.line_size, row[-1:])
            plane.update(line * plane.height)
        frame.pts, frame.time_base = number * VIDEO_CLOCK // FPS, Fraction(1, VIDEO_CLOCK)
        return frame


@dataclass(slots=True)
class Sound:
    """What was heard. Times are those of the monotonic clock, in seconds."""

    frames: int = 0
    heard: int = 0  # frames that were not silent
    first_at: float | None = None  # of these
    loudest_rms: float = 0.0  # of 32,767
    tone: int = 0  # frames in which the expected tone was most of what was heard


@dataclass(slots=True)
class Sight:
    """What was seen."""

    frames: int = 0
    seen: int = 0  # frames with something in them
    moved: int = 0  # of these, other than the one before
    first_at: float | None = None
    last_at: float | None = None
    width: int = 0
    height: int = 0

    @property
    def fps(self) -> float:
        """Of what was seen."""
        if self.first_at is None or self.last_at is None or self.last_at <= self.first_at:
            return 0.0
        return (self.seen - 1) / (self.last_at - self.first_at)


async def listen(track: MediaStreamTrack, sound: Sound, periods: int | None = None) -> None:
    """Hear a track out; `periods` of the tone that is expected."""
    ruler = None if periods is None else _Ruler(periods)
    with suppress(MediaStreamError):
        while True:
            frame = await track.recv()
            if not isinstance(frame, AudioFrame):
                continue
            samples = array("h", bytes(frame.planes[0]))[
                : frame.samples * len(frame.layout.channels)
            ]
            left = samples[:: len(frame.layout.channels)]
            sound.frames += 1
            rms = math.sqrt(sum(map(int.__mul__, left, left)) / max(1, len(left)))
            sound.loudest_rms = max(sound.loudest_rms, rms)
            if rms >= _HEARD_RMS:
                sound.heard += 1
                sound.first_at = sound.first_at or monotonic()
                if ruler is not None and ruler.share(left, rms) > 0.5:
                    sound.tone += 1


async def watch(track: MediaStreamTrack, sight: Sight) -> None:
    """See a track to its end."""
    before = b""
    with suppress(MediaStreamError):
        while True:
            frame = await track.recv()
            if not isinstance(frame, VideoFrame):
                continue
            sight.frames += 1
            points = _points(frame)
            if max(points) - min(points) < _SEEN_CONTRAST:
                continue
            sight.seen += 1
            sight.moved += points != before
            before = points
            sight.last_at = monotonic()
            sight.first_at = sight.first_at or sight.last_at
            sight.width, sight.height = frame.width, frame.height


def _points(frame: VideoFrame) -> bytes:
    """How light it is in 64 places."""
    plane = frame.planes[0]
    light = memoryview(plane)
    columns = range(frame.width // 16, frame.width, max(1, frame.width // 8))
    rows = range(frame.height // 16, frame.height, max(1, frame.height // 8))
    return bytes(light[row * plane.line_size + column] for row in rows for column in columns)


class _Ruler:
    """How much of a frame is one tone, wherever in its period it begins."""

    def __init__(self, periods: int) -> None:
        turn = 2 * math.pi * periods / SAMPLES
        self._waves = [[wave(turn * at) for at in range(SAMPLES)] for wave in (math.sin, math.cos)]

    def share(self, samples: "array[int]", rms: float) -> float:
        """From 0 to 1, of the power."""
        if len(samples) != SAMPLES or rms == 0:
            return 0.0
        sums = [sum(a * b for a, b in zip(samples, wave, strict=True)) for wave in self._waves]
        return 2 * (sums[0] ** 2 + sums[1] ** 2) / (SAMPLES * rms) ** 2
