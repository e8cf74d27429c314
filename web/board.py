"""What the ops board remembers of live sessions: the newest quality reports, in memory only.

Hears the ops channel like any board in a browser does. Numbers and words of ours, never content.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from media.quality import RUNGS
from sessions.events import OPS, Envelope, ParticipantId, SessionId, participant_of
from signaling.bus import Bus

MAX_SCORES: Final = 30
_FRESH_MS: Final = 20_000
_HISTORY_STEP_MS: Final = 3_000
_MAX_SESSIONS: Final = 5_000


@dataclass(slots=True)
class _Ends:
    """Both ends of one session."""

    reports: dict[ParticipantId, tuple[int, dict[str, Any]]] = field(default_factory=dict)
    scores: deque[int | None] = field(default_factory=lambda: deque(maxlen=MAX_SCORES))
    scored_ms: int = 0


@dataclass(frozen=True, slots=True)
class Quality:
    """How a session goes, as its worse end sees it."""

    word: str = "none"
    score: int | None = None
    rtt_ms: float | None = None
    loss_pct: float | None = None
    path: str = "none"
    cause: str = "ok"
    history: tuple[int | None, ...] = ()


@dataclass(frozen=True, slots=True)
class Checkup:
    """What a prospect's browser found while it waits. Unknown figures are None."""

    word: str
    cause: str
    path: str
    microphone: str
    score: int | None = None
    rtt_ms: float | None = None
    loss_pct: float | None = None


class Board:
    """An ear on the ops channel."""

    def __init__(self, bus: Bus, now_ms: Callable[[], int]) -> None:
        self._bus = bus
        self._now_ms = now_ms
        self._sessions: dict[SessionId, _Ends] = {}
        self._checkups: dict[SessionId, Checkup] = {}
        self._stop: Callable[[], None] | None = None

    def start(self) -> None:
        self._stop = self._bus.listen(OPS, self)

    def close(self) -> None:
        if self._stop is not None:
            self._stop()

    def hear(self, envelope: Envelope) -> None:
        """Keep a report; the relay has checked its body."""
        if envelope.kind == "checkup.result":
            self._keep(envelope.session, orjson.loads(envelope.sealed))
        if envelope.kind != "quality.report":
            return
        ends = self._sessions.pop(envelope.session, None) or _Ends()
        self._sessions[envelope.session] = ends  # the longest silent comes first
        now = self._now_ms()
        ends.reports[participant_of(envelope.sender)] = (now, orjson.loads(envelope.sealed))
        if now - ends.scored_ms >= _HISTORY_STEP_MS:
            ends.scored_ms = now
            worst = _worst(ends, now)
            ends.scores.append(_whole(worst.get("score")) if worst else None)
        if len(self._sessions) > _MAX_SESSIONS:
            del self._sessions[next(iter(self._sessions))]

    def _keep(self, session: SessionId, said: dict[str, Any]) -> None:
        self._checkups.pop(session, None)
        self._checkups[session] = Checkup(
            word=str(said.get("word")),
            cause=str(said.get("cause")),
            path=str(said.get("path")),
            microphone=str(said.get("microphone")),
            score=_whole(said.get("score")),
            rtt_ms=said.get("rtt_ms"),
            loss_pct=said.get("loss_pct"),
        )
        if len(self._checkups) > _MAX_SESSIONS:
            del self._checkups[next(iter(self._checkups))]

    def checkup(self, session: SessionId) -> Checkup | None:
        """What was found before the talk; it was tried once, and is not of now."""
        return self._checkups.get(session)

    def resync(self) -> None:
        """Reports are passing: what was missed is missed."""

    def quality(self, session: SessionId) -> Quality:
        """What is known of a session now; silence is `none`, not good."""
        ends = self._sessions.get(session)
        if ends is None:
            return Quality()
        worst = _worst(ends, self._now_ms())
        if worst is None:
            return Quality(history=tuple(ends.scores))
        return Quality(
            word=str(worst.get("word") or "none"),
            score=_whole(worst.get("score")),
            rtt_ms=worst.get("rtt_ms"),
            loss_pct=worst.get("loss_pct"),
            path=_path(ends, self._now_ms()),
            cause=str(worst.get("cause") or "ok"),
            history=tuple(ends.scores),
        )


def _fresh(ends: _Ends, now_ms: int) -> list[dict[str, Any]]:
    return [report for at_ms, report in ends.reports.values() if now_ms - at_ms <= _FRESH_MS]


def _worst(ends: _Ends, now_ms: int) -> dict[str, Any] | None:
    return min(_fresh(ends, now_ms), key=lambda one: _whole(one.get("score")) or 0, default=None)


def _path(ends: _Ends, now_ms: int) -> str:
    """The farther of both: whoever is reached by the other's relay knows only that it is one."""
    said = (str(report.get("path")) for report in _fresh(ends, now_ms))
    return max((path for path in said if path in RUNGS), key=RUNGS.index, default="none")


def _whole(score: object) -> int | None:
    return round(score) if isinstance(score, int | float) else None
