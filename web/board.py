"""What the ops board remembers of live sessions: the newest quality reports, in memory only.

Hears the ops channel like any board in a browser does. Numbers and words of ours, never content.
"""

from collections import deque
from collections.abc import Callable, Collection
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
    """All ends of one session; of each moment the score of everybody who was heard."""

    reports: dict[ParticipantId, tuple[int, dict[str, Any]]] = field(default_factory=dict)
    moments: deque[dict[ParticipantId, int | None]] = field(
        default_factory=lambda: deque(maxlen=MAX_SCORES)
    )
    moment_ms: int = 0


@dataclass(frozen=True, slots=True)
class Quality:
    """How it goes, as the worst of those who were asked for sees it."""

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
        if now - ends.moment_ms >= _HISTORY_STEP_MS:
            ends.moment_ms = now
            ends.moments.append({one: _score(said) for one, said in _fresh(ends, now).items()})
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

    def quality(self, session: SessionId, of: Collection[ParticipantId]) -> Quality:
        """How it goes for these of its participants now; silence is `none`, not good."""
        ends = self._sessions.get(session)
        if ends is None:
            return Quality()
        fresh = _fresh(ends, self._now_ms())
        said = [report for one, report in fresh.items() if one in of]
        history = tuple(_least(moment, of) for moment in ends.moments)
        worst = min(said, key=lambda report: _score(report) or 0, default=None)
        if worst is None:
            return Quality(history=history)
        return Quality(
            word=str(worst.get("word") or "none"),
            score=_score(worst),
            rtt_ms=worst.get("rtt_ms"),
            loss_pct=worst.get("loss_pct"),
            path=_path(said),
            cause=str(worst.get("cause") or "ok"),
            history=history,
        )


def _fresh(ends: _Ends, now_ms: int) -> dict[ParticipantId, dict[str, Any]]:
    return {
        one: report for one, (at_ms, report) in ends.reports.items() if now_ms - at_ms <= _FRESH_MS
    }


def _least(moment: dict[ParticipantId, int | None], of: Collection[ParticipantId]) -> int | None:
    scores = (score for one, score in moment.items() if one in of and score is not None)
    return min(scores, default=None)


def _path(said: list[dict[str, Any]]) -> str:
    """The farthest: whoever is reached by the other's relay knows only that it is one."""
    paths = (str(report.get("path")) for report in said)
    return max((path for path in paths if path in RUNGS), key=RUNGS.index, default="none")


def _score(report: dict[str, Any]) -> int | None:
    return _whole(report.get("score"))


def _whole(score: object) -> int | None:
    return round(score) if isinstance(score, int | float) else None
