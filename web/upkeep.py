"""What is tidied up without being asked: files never finished, and those of erased sessions.

It does not know how; `sessions.files` does. Several nodes may tidy up at once.
"""

import asyncio
import logging
from typing import Final

from sessions.database import TROUBLE
from sessions.events import SessionId, Unknown
from sessions.files import Files
from sessions.keys import Keys
from signaling.tasks import Tasks

EVERY_SECONDS: Final = 60.0
_log = logging.getLogger(__name__)


class Upkeep:
    def __init__(self, files: Files, keys: Keys, *, every_seconds: float = EVERY_SECONDS) -> None:
        self._files = files
        self._keys = keys
        self._every_seconds = every_seconds
        self._erased: list[SessionId] = []
        self._news = asyncio.Event()
        self._tasks = Tasks()

    def start(self) -> None:
        self._tasks.spawn(self._run())

    async def close(self) -> None:
        await self._tasks.close()

    def erase(self, session: SessionId) -> None:
        """The key of this session is gone: its blobs follow, now."""
        self._erased.append(session)
        self._news.set()

    async def once(self) -> None:
        """One round. What fails is found again by the next."""
        while self._erased:
            await self._files.erase(self._erased[-1])
            self._erased.pop()
        await self._erase_what_has_no_key()
        while await self._files.sweep():
            pass

    async def _erase_what_has_no_key(self) -> None:
        """Whoever shredded it may not have lived to clear up."""
        sessions = await self._files.sessions()
        while sessions:
            for session in await self._keys.missing(sessions):
                await self._files.erase(session)
            sessions = await self._files.sessions(sessions[-1])

    async def _run(self) -> None:
        while True:
            try:
                await self.once()
            except (Unknown, *TROUBLE) as trouble:
                _log.warning("files could not be tidied up: %s", type(trouble).__name__)
            self._news.clear()
            try:
                async with asyncio.timeout(self._every_seconds):
                    await self._news.wait()
            except TimeoutError:
                pass
