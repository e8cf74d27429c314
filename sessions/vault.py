"""The audited door: the only way by which the server itself reads what a session sealed.

First who, what and why is committed, then the key is used. Who may ask is for the exit to know:
whoever reads brings its leave.
"""

from collections.abc import AsyncGenerator, Collection
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Final

from sessions.audit import Audit
from sessions.clock import wall_clock_ms
from sessions.envelope import ContentKey, FileOpener, Unreadable, file_key, open_sealed
from sessions.events import Envelope, Epoch, Refused, Seq, SessionId
from sessions.exit import Leave
from sessions.file_views import FileView
from sessions.files import Files
from sessions.holds import Holds
from sessions.keys import Keys
from sessions.log import Log
from sessions.recordings import Part, Recordings
from sessions.ways import PLAY

SCANNER: Final = "scanner"
RECORDER: Final = "recorder"
PERSON: Final = "receipt"  # whoever has number and code of the session
UNLOCKED: Final = PLAY.opening
UNLOCKED_MS: Final = 3_600_000
_MOST_UNLOCKED: Final = 1_000


@dataclass(frozen=True, slots=True)
class Read:
    """An event of the log and what was in it; None if it does not open."""

    event: Envelope
    body: dict[str, Any] | None


class Vault:
    def __init__(self, keys: Keys, log: Log, files: Files, audit: Audit, holds: Holds) -> None:
        self._keys = keys
        self._log = log
        self._files = files
        self._audit = audit
        self._holds = holds
        self._unlocked: dict[tuple[SessionId, str], int] = {}  # until when

    async def open_file(self, file: FileView, leave: Leave) -> AsyncGenerator[bytes]:
        """A file in clear, piece by piece. What came is only whole once it ends by itself.

        Raises Shredded, Unreadable, LookupError when parts are missing, Unknown, and for the house
        Refused("session.restricted").
        """
        await self._expect_usable(file.session, leave.actor)
        _expect_of(leave, file.session)
        await self._audit.record(leave.actor, leave.of_file, f"{file.session}/{file.id}")
        content = await self._keys.content_key(file.session, file.epoch)
        opener = FileOpener(file_key(content, file.session, file.id), file.session, file.id)
        async with aclosing(self._files.read(file, 0, file.size)) as parts:
            async for part in parts:
                yield opener.open(bytes(part))
        yield opener.finish()

    async def open_log(
        self, leave: Leave, *, kinds: Collection[str] | None = None
    ) -> AsyncGenerator[Read]:
        """A session's log in clear, from its first event to its last; of all kinds, or of these.

        Raises Shredded, LookupError if there never was such a session, Unknown, and for the house
        Refused("session.restricted").
        """
        session = leave.session
        await self._expect_usable(session, leave.actor)
        await self._audit.record(leave.actor, leave.way.opening, f"{session} {leave.reason}")
        keys: dict[Epoch, ContentKey] = {}
        after = Seq(0)
        while page := await self._log.after(session, after):
            for event in page:
                if event.epoch not in keys:
                    keys[event.epoch] = await self._keys.content_key(session, event.epoch)
                if kinds is None or event.kind in kinds:
                    yield _read(event, keys[event.epoch])
                after = event.seq or after

    async def unlock_recordings(self, leave: Leave) -> None:
        """Whoever said why may play what was recorded, for UNLOCKED_MS from now, on every node.

        A leave to take everything home is one to take that, too.

        Raises Refused("session.restricted").
        """
        session, reason = leave.session, leave.ground if leave.way is PLAY else leave.way.opening
        await self._expect_usable(session, leave.actor)
        await self._audit.record(leave.actor, UNLOCKED, f"{session} {reason}")

    async def may_play(self, session: SessionId, actor: str) -> bool:
        """Whether the audit log says that this actor opened it a short while ago."""
        if self._unlocked.get((session, actor), 0) > wall_clock_ms():
            return True
        times = [
            entry.at_ms for entry in await self._audit.about(session)
            if (entry.actor, entry.action) == (actor, UNLOCKED)
        ]  # fmt: skip
        until_ms = max(times, default=0) + UNLOCKED_MS
        if until_ms <= wall_clock_ms():
            return False
        if len(self._unlocked) >= _MOST_UNLOCKED:
            self._unlocked.clear()
        self._unlocked[session, actor] = until_ms
        return True

    async def open_recording(
        self, recordings: Recordings, part: Part, start: int, end: int, *, actor: str
    ) -> AsyncGenerator[bytes]:
        """A stretch of a part in clear, piece by piece, for whoever unlocked it.

        Raises Refused (not.found without that, session.restricted), Shredded, Unreadable,
        LookupError when chunks are missing, Unknown.
        """
        await self._expect_usable(part.session, actor)
        if not await self.may_play(part.session, actor):
            raise Refused("not.found")
        sealer = await self._keys.recording(part.session, part.id)
        async with aclosing(recordings.read(part, start, end, sealer)) as pieces:
            async for piece in pieces:
                yield piece

    async def _expect_usable(self, session: SessionId, actor: str) -> None:
        if actor not in (PERSON, SCANNER, RECORDER):
            await self._holds.expect_usable(session)


def _expect_of(leave: Leave, session: SessionId) -> None:
    if leave.of != session or not leave.way.opening:
        raise ValueError("a leave for something else")


def _read(event: Envelope, key: ContentKey) -> Read:
    try:
        return Read(event, open_sealed(event, key).body)
    except Unreadable:
        return Read(event, None)
