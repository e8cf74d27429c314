"""What is counted: a closed table of metrics and cells, and where in it one session falls.

A metric has one stretch of time, and in it every session is in at most one cell of it. It knows
numbers, times and kinds of events; no id, no name and no content could be given to it.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

HERE: Final = ZoneInfo("Europe/Berlin")
_MINUTE_MS: Final = 60_000
_MB: Final = 1_000_000


class Stretch(StrEnum):
    """The finer the cells, the longer the time over which they are counted together."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"

    def first(self, day: date) -> date:
        """The first day of the stretch in which this day lies."""
        match self:
            case Stretch.DAY:
                return day
            case Stretch.WEEK:
                return day - timedelta(days=day.weekday())
            case Stretch.MONTH:
                return day.replace(day=1)

    def next(self, day: date) -> date:
        """The first day of the stretch after that."""
        longest = {Stretch.DAY: 1, Stretch.WEEK: 7, Stretch.MONTH: 31}[self]
        return self.first(self.first(day) + timedelta(days=longest))


_LENGTHS: Final = ((5, "0-5"), (15, "5-15"), (30, "15-30"), (60, "30-60"))
_BYTES: Final = ((1, "0-1"), (10, "1-10"), (100, "10-100"))
QUARTERS: Final = tuple(
    f"{hour:02}:{minute:02}" for hour in range(24) for minute in (0, 15, 30, 45)
)
ALL: Final = ("all",)
USED: Final = ("used", "unused")
SAID: Final = ("used",)  # a page says what it saw, and nothing of what it did not see


class Metric(StrEnum):
    """Everything that is ever counted. `stretch` and `cells` of each are in the table below."""

    VISITS = "visits"  # the start page was looked at
    CALLS = "calls"  # and its button pressed
    OUTCOME = "outcome"
    LENGTH = "length"  # minutes of a talk
    CHAT = "chat"
    FILES = "files"
    BOARD = "board"
    SCREEN = "screen"  # was shown: a page says so, since what tells of it is sealed
    BYTES = "bytes"  # MB of all files of a talk that had any
    BEGUN = "begun"  # quarter of an hour of the day
    ENDED = "ended"

    @property
    def stretch(self) -> Stretch:
        return _TABLE[self][0]

    @property
    def cells(self) -> tuple[str, ...]:
        return _TABLE[self][1]


_TABLE: Final[dict[Metric, tuple[Stretch, tuple[str, ...]]]] = {
    Metric.VISITS: (Stretch.DAY, ALL),
    Metric.CALLS: (Stretch.DAY, ALL),
    Metric.OUTCOME: (Stretch.DAY, ("answered", "gave_up")),
    Metric.LENGTH: (Stretch.WEEK, (*(name for _, name in _LENGTHS), "60-up")),
    Metric.CHAT: (Stretch.WEEK, USED),
    Metric.FILES: (Stretch.WEEK, USED),
    Metric.BOARD: (Stretch.WEEK, USED),
    Metric.SCREEN: (Stretch.WEEK, SAID),
    Metric.BYTES: (Stretch.WEEK, (*(name for _, name in _BYTES), "100-up")),
    Metric.BEGUN: (Stretch.MONTH, QUARTERS),
    Metric.ENDED: (Stretch.MONTH, QUARTERS),
}
# What shows that a means was used: the kinds of a talk's events, whose bodies stay sealed.
MEANS: Final[dict[Metric, frozenset[str]]] = {
    Metric.CHAT: frozenset({"chat.message"}),
    Metric.FILES: frozenset({"file.shared"}),
    Metric.BOARD: frozenset({"board.led", "board.changed"}),
}


@dataclass(frozen=True, slots=True)
class Facts:
    """All that counting learns of one session that is over; times in UTC milliseconds."""

    created_ms: int
    accepted_ms: int | None
    ended_ms: int
    kinds: Collection[str]
    file_bytes: int
    goes_on: bool = False  # an advisor handed the person on: they called once, and were answered


class Count(NamedTuple):
    """One more in a cell; `day` is the first of its stretch, as in 2026-11-30."""

    day: str
    metric: str
    cell: str


def counts_of(facts: Facts) -> list[Count]:
    """Where one session counts, each metric at most once, in the stretch in which it ended."""
    day = day_of(facts.ended_ms)
    return [
        Count(metric.stretch.first(day).isoformat(), metric.value, cell)
        for metric, cell in _cells(facts).items()
    ]


def visit_of(at_ms: int) -> Count:
    return Count(day_of(at_ms).isoformat(), Metric.VISITS.value, *ALL)


def screen_of(at_ms: int) -> Count:
    metric = Metric.SCREEN
    return Count(metric.stretch.first(day_of(at_ms)).isoformat(), metric.value, *SAID)


def day_of(at_ms: int) -> date:
    """The day as clocks here show it."""
    return _here(at_ms).date()


def begins_ms(day: date) -> int:
    """Its midnight here, in UTC milliseconds."""
    return round(datetime.combine(day, time(), HERE).timestamp() * 1_000)


def closes_ms(metric: Metric, first: date) -> int:
    """When the stretch that begins on that day is over."""
    return begins_ms(metric.stretch.next(first))


def _cells(facts: Facts) -> dict[Metric, str]:
    cells = {Metric.ENDED: _quarter(facts.ended_ms)}
    if not facts.goes_on:
        cells |= {
            Metric.CALLS: "all",
            Metric.OUTCOME: "gave_up" if facts.accepted_ms is None else "answered",
            Metric.BEGUN: _quarter(facts.created_ms),
        }
    if facts.accepted_ms is None:
        return cells
    minutes = (facts.ended_ms - facts.accepted_ms) / _MINUTE_MS
    cells[Metric.LENGTH] = _class(minutes, _LENGTHS, "60-up")
    for metric, kinds in MEANS.items():
        cells[metric] = "unused" if kinds.isdisjoint(facts.kinds) else "used"
    if facts.file_bytes:
        cells[Metric.BYTES] = _class(facts.file_bytes / _MB, _BYTES, "100-up")
    return cells


def _class(value: float, classes: tuple[tuple[int, str], ...], beyond: str) -> str:
    return next((name for below, name in classes if value < below), beyond)


def _quarter(at_ms: int) -> str:
    at = _here(at_ms)
    return f"{at.hour:02}:{at.minute // 15 * 15:02}"


def _here(at_ms: int) -> datetime:
    return datetime.fromtimestamp(at_ms / 1_000, UTC).astimezone(HERE)
