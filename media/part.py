"""One part of a recording: what one person sent, by one way after the other, to the file's end.

It does not know who is recorded nor where the file is kept; bytes are handed on as they come.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic, time
from typing import Final

from media import vp8, webm
from media.black import black
from media.connection import Reach
from media.hush import SILENCE, Hush
from media.ingress import Way
from media.lipsync import Lipsync, Timed, Track
from media.listener import Listener
from media.pace import MOST_BITS
from media.passthrough import Passthrough

TICK_SECONDS: Final = 0.25
CONNECT_SECONDS: Final = 30.0
SILENT_SECONDS: Final = 10.0
_DARK_SECONDS: Final = 2.0  # without a picture, until black is shown
_BLACK_SECONDS: Final = 5.0  # between two black ones: one can jump there
_FLOOD_BITS: Final = 12_000_000  # a second, over some seconds: nobody was asked for so much
_FLOOD_TICKS: Final = 20
BLACK_SIZE: Final = (640, 360)  # whatever was seen before: to make another takes too long
_TRACKS: Final[dict[Track, int]] = {"video": webm.VIDEO, "audio": webm.AUDIO}
_log: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Limits:
    """Of one part. What is beyond `most_bytes` ends it; `most_bits` a second are asked for."""

    most_bytes: int = 4 << 30
    most_bits: int = MOST_BITS
    silent_seconds: float = SILENT_SECONDS


class Part:
    """`answer`, then `run` until it is over. `out` takes the bytes of the file in order.

    The file begins at `began_ms`, in ms since 1970, dark and silent until something comes: so that
    the parts of several people are in step.
    """

    def __init__(
        self,
        reach: Reach,
        limits: Limits,
        out: Callable[[bytes], None],
        *,
        began_ms: int,
        way: Way = Passthrough,
    ) -> None:
        self._limits = limits
        self._began_ms = began_ms
        self._reach, self._way = reach, way
        self._zero = monotonic() - (time() - began_ms / 1_000)  # the same on our clock
        self._out = out
        self._over = asyncio.Event()
        self._code = "stopped"
        self._listener = self._new_listener()
        self._left: set[asyncio.Task[None]] = set()  # connections that are being let go of
        self._lipsync: Lipsync | None = None
        self._writer: webm.Writer | None = None
        self._hush = Hush()
        self._size: tuple[int, int] | None = None
        self._picture_at: float | None = None  # came last
        self._black_at = 0.0
        self._heard = (0, 0.0)  # signs of life, and since when there are no more
        self._floods = 0
        self._bytes = 0  # that came until the last look

    async def answer(self, offer: str) -> str:
        """Raises as Listener.answer; nothing of it is left then."""
        try:
            answer = await self._listener.answer(offer)
        except BaseException:
            await self._listener.close()
            raise
        self._lipsync = Lipsync(self._write, self._listener.tracks)
        return answer

    async def again(self, offer: str) -> str:
        """The answer to another offer of the same, whose way is gone: the file goes on, with what
        comes by the new one, dark and silent for as long as nothing does.

        Raises as `answer`; everything is then as it was.
        """
        listener = self._new_listener()
        try:
            answer = await listener.answer(offer)
            if listener.tracks != self._listener.tracks:
                raise ValueError("another file would be needed")
            if self._listener.ingress is not None:
                await self._listener.ingress.close()  # not a frame of two at once
            if self._over.is_set():
                raise ValueError("it is over")
        except BaseException:
            await listener.close()
            raise
        self._let_go()
        self._listener = listener
        self._go_on(monotonic())
        return answer

    def stop(self, code: str = "stopped") -> None:
        """Nothing that comes from now on is taken. Only the first word counts."""
        if not self._over.is_set():
            self._code = code
            self._over.set()

    async def run(self) -> str:
        """Until it is over; says why (see `recorder.Ears.ended`)."""
        started = monotonic()
        self._heard = (0, started)
        try:
            while not self._over.is_set():
                with suppress(TimeoutError):
                    async with asyncio.timeout(TICK_SECONDS):
                        await self._over.wait()
                self._look(started)
        except Exception as error:
            _log.error("a part of a recording failed: %s", type(error).__name__)
            self.stop("crashed")
        try:
            self._finish()
        except Exception as error:
            _log.error("a part could not be finished: %s", type(error).__name__)
            return "crashed"
        return self._code

    async def close(self) -> None:
        """Let go of every connection."""
        self._let_go()
        await asyncio.gather(*self._left)

    def _new_listener(self) -> Listener:
        return Listener(self._reach, self, self._limits.most_bits, self._way)

    def _let_go(self) -> None:
        """Of the connection there is; where its way is gone, that takes its time."""
        task = asyncio.get_running_loop().create_task(self._listener.close())
        self._left.add(task)
        task.add_done_callback(self._left.discard)

    def _go_on(self, now: float) -> None:
        """Another connection counts its times from elsewhere."""
        if self._lipsync is not None:
            if self._lipsync.began is not None and "video" in self._listener.tracks:
                self._lipsync.put("video", now, black(*BLACK_SIZE))
            self._lipsync.flush()
        self._lipsync = Lipsync(self._write, self._listener.tracks)
        self._picture_at = None
        self._heard, self._bytes = (0, now), 0

    # -- what comes

    def frame(self, track: Track, timestamp: int, data: bytes, alone: bool, now: float) -> None:
        if self._over.is_set() or self._lipsync is None or track not in self._listener.tracks:
            return
        if track == "video":
            self._picture_at = now
            self._size = (alone and vp8.size(data)) or self._size
        self._lipsync.frame(track, timestamp, data, alone, now)

    def report(self, track: Track, sender_seconds: float, timestamp: int) -> None:
        if self._lipsync is not None:
            self._lipsync.report(track, sender_seconds, timestamp)

    def failed(self) -> None:
        self.stop("crashed")

    # -- now and then

    def _look(self, started: float) -> None:
        now = monotonic()
        ingress, lipsync = self._listener.ingress, self._lipsync
        if ingress is None or lipsync is None or self._over.is_set():
            return
        if self._listener.broken.is_set():
            self.stop("lost")
        elif ingress.signs != self._heard[0]:
            self._heard = (ingress.signs, now)
        elif now - self._heard[1] > (
            self._limits.silent_seconds if self._listener.connected.is_set() else CONNECT_SECONDS
        ):
            self.stop("lost")
        came, self._bytes = ingress.bytes - self._bytes, ingress.bytes
        flooded = came * 8 > _FLOOD_BITS * TICK_SECONDS
        self._floods = max(0, self._floods + (1 if flooded else -1))
        if self._floods > _FLOOD_TICKS:
            self.stop("too_large")
        self._darken(now, lipsync)
        lipsync.tick(now)
        self._hand_out()

    def _darken(self, now: float, lipsync: Lipsync) -> None:
        ingress = self._listener.ingress
        if ingress is None or lipsync.began is None or "video" not in self._listener.tracks:
            return
        if now - (self._picture_at or lipsync.began) < _DARK_SECONDS:
            self._black_at = 0.0
        elif now - self._black_at > _BLACK_SECONDS:
            self._black_at = now
            ingress.picture_please()
            lipsync.put("video", now, black(*BLACK_SIZE))

    # -- the file

    def _write(self, frame: Timed) -> None:
        writer = self._writer or self._begin()
        ms = max(0, round(1_000 * (frame.at - self._zero)))
        if frame.track == "audio":
            if self._hush.has_passed(ms):
                return
            silent = self._hush.before(ms)
            self._hush.sound(frame.data)
        else:
            silent = self._hush.without(ms) if "audio" in self._listener.tracks else []
        for at in silent:
            writer.block(webm.AUDIO, at, SILENCE)
        writer.block(_TRACKS[frame.track], ms, frame.data, alone=frame.alone)
        if writer.written > self._limits.most_bytes:
            self.stop("too_large")

    def _begin(self) -> webm.Writer:
        tracks = self._listener.tracks
        size = (self._size or BLACK_SIZE) if "video" in tracks else None
        sound = "audio" in tracks
        self._writer = writer = webm.Writer(began_ms=self._began_ms, size=size, sound=sound)
        if size is not None:
            writer.block(webm.VIDEO, 0, black(*BLACK_SIZE))
        if sound:
            writer.block(webm.AUDIO, 0, SILENCE)
            self._hush.sound(SILENCE)
        return writer

    def _finish(self) -> None:
        if self._lipsync is not None:
            self._lipsync.flush()
        if self._writer is not None:
            self._writer.finish()
            self._hand_out()

    def _hand_out(self) -> None:
        if self._writer is not None and (new := self._writer.take()):
            self._out(new)
