"""The node's end of checkups: passes offers to the far end's process, one for a session at a time.

The far end (`media.echo`) sends back what a waiting browser sends it, so that the browser can
measure. It knows neither people nor what was measured.
"""

import sys
from collections.abc import Sequence
from secrets import token_hex
from typing import Final

from media import recorder
from media.recorder import Recorder, Refusal

__all__ = ["Checkups", "Refusal", "command"]
MOST_AT_ONCE: Final = 8


def command(
    *,
    addresses: Sequence[str] = (),
    ports: tuple[int, int] | None = None,
    loopback: bool = False,
) -> list[str]:
    """How the far end's process is started; see `recorder.command`."""
    words = recorder.command(
        addresses=addresses, ports=ports, loopback=loopback, most_parts=MOST_AT_ONCE
    )
    return [sys.executable, "-m", "media.echoing", *words[3:]]


class Checkups:
    """Its process is started by the first checkup, and anew after it went away."""

    def __init__(self, command: Sequence[str]) -> None:
        self._recorder = Recorder(self, command=command)
        self._parts: dict[str, str] = {}  # by session

    async def begin(self, session: str, offer_sdp: str) -> str:
        """The answer to an offer of one data channel, all candidates inside. Raises Refusal.

        Whatever was checked for this session before is over.
        """
        part = f"{session}.{token_hex(4)}"
        before, self._parts[session] = self._parts.get(session), part
        try:
            if before is not None:
                await self._recorder.stop(before)
            return await self._recorder.take(part, offer_sdp)
        except BaseException:
            self._forget(part)
            raise

    async def stop(self, session: str) -> None:
        """Nothing is sent back any more."""
        part = self._parts.get(session)
        if part is not None:
            await self._recorder.stop(part)

    async def close(self) -> None:
        """End the process, and every checkup with it."""
        await self._recorder.close()

    # -- what the process says (`recorder.Ears`)

    def chunk(self, part: str, data: bytes) -> None:
        """Nothing is kept of a checkup."""

    def ended(self, part: str, code: str) -> None:
        self._forget(part)

    def _forget(self, part: str) -> None:
        session = part.partition(".")[0]
        if self._parts.get(session) == part:
            del self._parts[session]
