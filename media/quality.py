"""What a browser reports of its connection: checked, and judged as `web/client` judges it.

The score is 100 less what loss, delay and a starved picture take away. It does not know whose
connection it is, nor what is done with the verdict.
"""

import math
from typing import Any, Final, NamedTuple

# From the shortest to the last that is left.
RUNGS: Final = ("direct", "turn-udp", "turn-tcp", "turn-tls", "none")
PATHS: Final = frozenset(RUNGS)
WORDS: Final = frozenset({"good", "fair", "poor", "none"})
CAUSES: Final = frozenset({"ok", "loss", "delay", "bandwidth", "no-path", "device"})
# Numbers beyond these are of no use to anybody.
_MOST: Final = {
    "rtt_ms": 60_000.0,
    "loss_pct": 100.0,
    "jitter_ms": 60_000.0,
    "up_kbps": 1_000_000.0,
    "down_kbps": 1_000_000.0,
    "fps": 240.0,
}
_FIELDS: Final = {*_MOST, "path", "score", "word", "cause"}
MICROPHONES: Final = frozenset({"heard", "quiet", "off"})


class BadReport(ValueError):
    """No quality report; `field` is where it is wrong, None for the whole."""

    def __init__(self, field: str | None) -> None:
        super().__init__(field or "report")
        self.field = field


class Numbers(NamedTuple):
    """What the verdict rests on. None: not known."""

    rtt_ms: float | None
    loss_pct: float | None
    jitter_ms: float | None
    fps: float | None
    path: str


def check_report(body: dict[str, Any]) -> dict[str, Any]:
    """The report with its numbers within bounds, and nothing else in it; raises BadReport."""
    if body.keys() != _FIELDS:
        raise BadReport(None)
    checked: dict[str, Any] = {name: _number(body, name, most) for name, most in _MOST.items()}
    points = _number(body, "score", 100.0)
    if points is None:
        raise BadReport("score")
    checked["score"] = round(points)
    for name, words in (("path", PATHS), ("word", WORDS), ("cause", CAUSES)):
        if not isinstance(body[name], str) or body[name] not in words:
            raise BadReport(name)
        checked[name] = body[name]
    return checked


def check_checkup(body: dict[str, Any]) -> dict[str, Any]:
    """The same for what a checkup found: no picture was sent, and one word for the microphone."""
    heard = body.get("microphone")
    if not isinstance(heard, str) or heard not in MICROPHONES:
        raise BadReport("microphone")
    numbers = {name: value for name, value in body.items() if name != "microphone"}
    if "fps" in numbers:
        raise BadReport(None)
    checked = check_report({**numbers, "fps": None})
    del checked["fps"]
    return {**checked, "microphone": heard}


def _number(body: dict[str, Any], name: str, most: float) -> float | None:
    value = body[name]
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value:
        raise BadReport(name)
    if isinstance(value, float) and math.isinf(value):
        raise BadReport(name)
    return min(max(value, 0), most)


def score(numbers: Numbers) -> int:
    """From 0, nothing gets through, to 100, as if in one room."""
    if numbers.path == "none":
        return 0
    off = sum(points for _, points in _penalties(numbers))
    return max(0, math.floor(100 - off + 0.5))


def word(numbers: Numbers) -> str:
    """One of WORDS."""
    if numbers.path == "none":
        return "none"
    points = score(numbers)
    return "good" if points >= 75 else "fair" if points >= 45 else "poor"


def cause(numbers: Numbers) -> str:
    """The one thing that hurts most; one of CAUSES, but never "device", which no number shows."""
    if numbers.path == "none":
        return "no-path"
    if word(numbers) == "good":
        return "ok"
    return max(_penalties(numbers), key=lambda penalty: penalty[1])[0]


def _penalties(numbers: Numbers) -> tuple[tuple[str, float], ...]:
    """What each cause takes off 100. Above 150 ms people cut in; 5 % loss is heard."""
    delay = min(40, max(0, (numbers.rtt_ms or 0) - 150) / 10)
    jitter = min(20, max(0, (numbers.jitter_ms or 0) - 30) / 3)
    return (
        ("loss", min(60, 6 * (numbers.loss_pct or 0))),
        ("delay", delay + jitter),
        ("bandwidth", 0 if numbers.fps is None else min(30, 3 * max(0, 15 - numbers.fps))),
    )
