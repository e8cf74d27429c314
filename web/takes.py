"""Recordings in the making on this node: what the recorder gives is sealed and kept as it comes.

The recorder is a process of its own and has no keys; here nothing of a stream is understood. It
does not know who agreed to what.
"""

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from media.recorder import Recorder, Refusal
from sessions.envelope import Sealer
from sessions.events import FileId, ParticipantId, Refused, SessionId, Unknown
from sessions.keys import Keys
from sessions.recordings import STOPPED, Chunk, Part, Recordings
from signaling.tasks import Tasks

MOST_AT_ONCE: Final = 512 * 1_024  # clear bytes of one chunk, where the store is slow
_MOST_WAITING: Final = 16 * 1_024 * 1_024  # then this part has to end: the store does not keep up
_ATTEMPTS: Final = 4
_PAUSE_SECONDS: Final = 0.3
_STOP_SECONDS: Final = 3.0
_log: Final = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class _Take:
    """A part that is being written."""

    part: Part
    sealer: Sealer
    waiting: bytearray = field(default_factory=bytearray)
    news: asyncio.Event = field(default_factory=asyncio.Event)
    written: asyncio.Event = field(default_factory=asyncio.Event)
    over: str | None = None
    stopping: bool = False


class Takes:
    """Whose stream is kept just now."""

    def __init__(self, recordings: Recordings, keys: Keys, command: Sequence[str]) -> None:
        """`command`: how the recorder is started, once somebody is to be recorded."""
        self._recordings = recordings
        self._keys = keys
        self._recorder = Recorder(self, command=command)
        self._takes: dict[str, _Take] = {}
        self._tasks = Tasks()
        self._warming = False

    def warm(self) -> None:
        """Somebody may soon be recorded: the recorder takes a moment to begin."""
        if not self._warming:
            self._warming = True
            self._tasks.spawn(self._warm())

    async def begin(
        self, session: SessionId, participant: ParticipantId, offer_sdp: str
    ) -> tuple[FileId, str]:
        """A part of this person, in place of any other; its id, and the answer.

        It is the one that is written just now, if it can go on so: their way was another. Raises
        Refused, and media.recorder.Refusal.
        """
        if (take := self._going(session, participant)) is not None:
            try:
                return take.part.id, await self._recorder.again(take.part.id, offer_sdp)
            except Refusal:
                if take.stopping:  # meanwhile, by whoever may
                    raise
        await self.stop(session, participant)
        part = await self._recordings.begin(session, participant)
        take = _Take(part, await self._keys.recording(session, part.id))
        self._takes[part.id] = take
        self._tasks.spawn(self._write(take))
        try:
            return part.id, await self._recorder.take(part.id, offer_sdp)
        except BaseException:
            self.ended(part.id, "refused")
            raise

    async def stop(self, session: SessionId, participant: ParticipantId | None = None) -> None:
        """End what is recorded of this session, or of this person in it, on whatever node."""
        await self._recordings.halt(session, participant)
        await self._stop(
            [
                take for take in self._takes.values()
                if take.part.session == session
                and participant in (None, take.part.participant)
            ]
        )  # fmt: skip

    async def close(self) -> None:
        """Finish every part; what was recorded is kept."""
        await self._stop(list(self._takes.values()))
        await self._recorder.close()
        await self._tasks.close()

    # ---- what the recorder tells

    def chunk(self, part: str, data: bytes) -> None:
        take = self._takes.get(part)
        if take is None or take.over is not None:
            return
        take.waiting += data
        take.news.set()
        if len(take.waiting) > _MOST_WAITING:
            self._abandon(take, "store")

    def ended(self, part: str, code: str) -> None:
        take = self._takes.get(part)
        if take is not None:
            take.over = take.over or code[:12]
            take.news.set()

    # ---- inside

    async def _warm(self) -> None:
        with suppress(Refusal):  # it is said to whoever then offers
            await self._recorder.warm()
        self._warming = False

    def _going(self, session: SessionId, participant: ParticipantId) -> _Take | None:
        """What is written of this person here, and goes on."""
        whose = (session, participant)
        for take in self._takes.values():
            goes_on = take.over is None and not take.stopping
            if goes_on and (take.part.session, take.part.participant) == whose:
                return take
        return None

    async def _stop(self, takes: Sequence[_Take]) -> None:
        """What was to come is there when this returns, or does not come in time."""
        for take in takes:
            self._halt(take)
        with suppress(TimeoutError):
            async with asyncio.timeout(_STOP_SECONDS):
                for take in takes:
                    await take.written.wait()

    def _halt(self, take: _Take) -> None:
        if not take.stopping:
            take.stopping = True
            self._tasks.spawn(self._finish(take.part.id))

    async def _finish(self, part: FileId) -> None:
        try:
            async with asyncio.timeout(_STOP_SECONDS):
                await self._recorder.stop(part)
        except TimeoutError:
            _log.warning("a recording did not end when it was told to")
        self.ended(part, STOPPED)

    def _abandon(self, take: _Take, why: str) -> None:
        take.waiting.clear()
        take.over = take.over or why
        take.news.set()
        self._halt(take)

    async def _write(self, take: _Take) -> None:
        """Everything that comes, in order, until it is over."""
        number = start = 0
        try:
            while take.over is None or take.waiting:
                await take.news.wait()
                take.news.clear()
                while data := bytes(take.waiting[:MOST_AT_ONCE]):
                    del take.waiting[: len(data)]
                    if not await self._keep(take, Chunk(number, start, len(data)), data):
                        self._halt(take)
                    number, start = number + 1, start + len(data)
            await self._recordings.end(take.part.id, take.over)
        except (LookupError, Refused):
            self._halt(take)  # erased, or ended elsewhere
        except Unknown:
            _log.error("a recording could not be kept and was ended")
            self._halt(take)
            with suppress(Unknown):
                await self._recordings.end(take.part.id, "store")
        finally:
            take.over = take.over or STOPPED
            take.written.set()
            self._takes.pop(take.part.id, None)

    async def _keep(self, take: _Take, chunk: Chunk, data: bytes) -> bool:
        for left in reversed(range(_ATTEMPTS)):
            try:
                return await self._recordings.append(take.part, chunk, data, take.sealer)
            except Unknown:
                if not left:
                    raise
                await asyncio.sleep(_PAUSE_SECONDS)
        raise AssertionError
