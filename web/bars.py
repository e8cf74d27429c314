"""Who may start no call for a while: by a session they were barred from, and, for a shorter time
and never alone, by the line they came by.

It knows no address: of a line there is a hash under a salt drawn for that session alone, in memory,
for a day at most. What one node has seen of somebody is told to the others once they are barred.
"""

import hashlib
import hmac
import secrets
from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from sessions.clock import Clock, wall_clock_ms
from sessions.events import SessionId

CLOSED_MS: Final = 5 * 60_000  # a line, the first time; each further time for twice as long
_SEEN_MS: Final = 86_400_000
_MOST_SEEN: Final = 20_000  # sessions
_MOST_LINES: Final = 4  # of one session: Wi-Fi, telephone
_MOST_BARRED_LINES: Final = 200  # so that a start compares in less than a millisecond
_MOST_BARRED: Final = 10_000  # sessions
_SALT_BYTES: Final = 16

Tell = Callable[[str, dict[str, object]], None]


class Trace(NamedTuple):
    """A line as it is remembered; `times` it had been barred, one after the other, by then."""

    salt: bytes
    digest: bytes
    times: int

    def is_of(self, line: str) -> bool:
        return hmac.compare_digest(self.digest, _digest(self.salt, line))


@dataclass(frozen=True, slots=True)
class Barred:
    """A line that somebody was barred on: closed for so long, watched for so long."""

    trace: Trace
    closed_ms: int
    until_ms: int


class Bars:
    """One node's memory of it."""

    def __init__(self, tell: Tell, period_ms: int, *, now_ms: Clock = wall_clock_ms) -> None:
        """`period_ms`: how long a browser is barred; 0: nobody is."""
        self.period_ms = period_ms
        self._tell = tell
        self._now_ms = now_ms
        self._seen: dict[str, tuple[int, list[Trace]]] = {}  # by session; the longest ago first
        self._sessions: dict[str, int] = {}
        self._lines: list[Barred] = []

    # -- what is seen and done here

    def see(self, session: SessionId, line: str | None) -> None:
        """The prospect of this session came by this line, so long as they may be barred for it."""
        if not self.period_ms or line is None:
            return
        now_ms = self._now_ms()
        _, traces = self._seen.pop(session, (0, []))
        if not any(trace.is_of(line) for trace in traces):
            salt = secrets.token_bytes(_SALT_BYTES)
            times = max((one.trace.times + 1 for one in self._of(line, now_ms)), default=0)
            traces = [*traces, Trace(salt, _digest(salt, line), times)][-_MOST_LINES:]
        self._seen[session] = (now_ms, traces)
        self._forget(now_ms)

    def bar(self, session: SessionId, until_ms: int) -> None:
        """The prospect of this session, on every node."""
        self._tell("prospect.barred", {"session": session, "until_ms": until_ms})

    # -- what nodes say, this one included

    def hear_prospect(self, body: dict[str, Any]) -> None:
        """Whoever has seen them says by which lines: that one is hashed, and told sealed."""
        session, until_ms = str(body["session"]), int(body["until_ms"])
        self._sessions[session] = until_ms
        self._forget(self._now_ms())
        _, traces = self._seen.pop(session, (0, []))
        for salt, digest, times in traces:
            line = {"salt": b64encode(salt).decode(), "digest": b64encode(digest).decode()}
            self._tell("line.barred", {**line, "times": times, "until_ms": until_ms})

    def hear_line(self, body: dict[str, Any]) -> None:
        now_ms, until_ms, times = self._now_ms(), int(body["until_ms"]), int(body["times"])
        trace = Trace(b64decode(body["salt"]), b64decode(body["digest"]), times)
        closed_ms = min(until_ms, now_ms + (CLOSED_MS << min(times, 16)))
        self._lines = [*self._still(now_ms), Barred(trace, closed_ms, until_ms)][
            -_MOST_BARRED_LINES:
        ]

    # -- what is asked

    def until(self, session: str) -> int | None:
        """Until when a browser with this session may start no call, though it be erased."""
        until_ms = self._sessions.get(session, 0)
        return until_ms if until_ms > self._now_ms() else None

    def closed_until(self, line: str | None) -> int | None:
        """Until when nobody may start a call by this line."""
        now_ms = self._now_ms()
        closed_ms = max((one.closed_ms for one in self._of(line, now_ms)), default=0)
        return closed_ms if closed_ms > now_ms else None

    def watched(self, line: str | None) -> bool:
        """Whether a start by this line costs more than others."""
        return bool(self._of(line, self._now_ms()))

    # -- inside

    def _of(self, line: str | None, now_ms: int) -> list[Barred]:
        still = self._still(now_ms)
        return [] if line is None else [one for one in still if one.trace.is_of(line)]

    def _still(self, now_ms: int) -> list[Barred]:
        return [one for one in self._lines if one.until_ms > now_ms]

    def _forget(self, now_ms: int) -> None:
        while self._seen:
            oldest = next(iter(self._seen))
            if len(self._seen) <= _MOST_SEEN and self._seen[oldest][0] > now_ms - _SEEN_MS:
                break
            del self._seen[oldest]
        self._lines = self._still(now_ms)
        for session, until_ms in list(self._sessions.items()):
            if until_ms <= now_ms or len(self._sessions) > _MOST_BARRED:
                del self._sessions[session]


def _digest(salt: bytes, line: str) -> bytes:
    return hmac.digest(salt, line.encode(), hashlib.sha256)[:16]
