"""What is done without being asked, round after round: tidying up files, and having them scanned.

It does not know how. Several nodes may do the same at once.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final

from sessions.database import TROUBLE
from sessions.erasure import Erasure
from sessions.events import SessionId, Unknown
from sessions.files import Files
from sessions.keys import Keys
from signaling.tasks import Tasks

EVERY_SECONDS: Final = 60.0
EVERY_HOUR: Final = 3_600.0
_log = logging.getLogger(__name__)


class Rounds:
    """A job that is done again and again, and at once when there is news."""

    def __init__(
        self, job: Callable[[], Awaitable[object]], *, every_seconds: float = EVERY_SECONDS
    ) -> None:
        self._job = job
        self._every_seconds = every_seconds
        self._news = asyncio.Event()
        self._tasks = Tasks()

    def start(self) -> None:
        self._tasks.spawn(self._run())

    async def close(self) -> None:
        await self._tasks.close()

    def soon(self) -> None:
        """There is something to do."""
        self._news.set()

    async def _run(self) -> None:
        while True:
            self._news.clear()
            try:
                await self._job()
            except (Unknown, *TROUBLE) as trouble:  # the next round finds it again
                _log.warning("a round was cut short: %s", type(trouble).__name__)
            try:
                async with asyncio.timeout(self._every_seconds):
                    await self._news.wait()
            except TimeoutError:
                pass


class Tidying:
    """Away with what was never finished, and with the files of sessions whose key is gone."""

    def __init__(self, files: Files, keys: Keys, erasure: Erasure) -> None:
        self._files = files
        self._keys = keys
        self._erasure = erasure
        self._erased: list[SessionId] = []

    def erase(self, session: SessionId) -> None:
        """The key of this session is gone: its files follow in the next round."""
        self._erased.append(session)

    async def once(self) -> None:
        while self._erased:
            await self._files.erase(self._erased[-1])
            self._erased.pop()
        await self._erase_what_has_no_key()
        while await self._files.sweep():
            pass
        await self._erasure.sweep()

    async def _erase_what_has_no_key(self) -> None:
        """Whoever shredded it may not have lived to clear up."""
        sessions = await self._files.sessions()
        while sessions:
            for session in await self._keys.missing(sessions):
                await self._files.erase(session)
            sessions = await self._files.sessions(sessions[-1])
