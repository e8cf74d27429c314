"""The page that shows operators what is published of the counters, and nothing else.

It cannot show more than `sessions.statistics` publishes; it only puts that into rows and words.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from aiohttp import web as aioweb
from babel.dates import format_date
from babel.numbers import format_decimal

from sessions.counted import MEANS, Metric, day_of
from sessions.publishing import STEP, K
from sessions.statistics import PUBLISHED_AFTER_MS
from web.routes import Ask, Route, Shape, Who
from web.texts import Texts

DAYS: Final = 30
_WEEKS: Final = 4
_DAILY: Final = (
    (Metric.VISITS, "all"), (Metric.CALLS, "all"),
    (Metric.OUTCOME, "answered"), (Metric.OUTCOME, "gave_up"),
)  # fmt: skip
_WEEKLY: Final = (
    ("length", [(Metric.LENGTH, cell) for cell in Metric.LENGTH.cells]),
    ("means", [(metric, "used") for metric in (*MEANS, Metric.SCREEN)]),
    ("bytes", [(Metric.BYTES, cell) for cell in Metric.BYTES.cells]),
)
_Known = dict[tuple[Metric, date], dict[str, int]]


@dataclass(frozen=True, slots=True)
class Cell:
    """A number in words, and how long its bar is, in hundredths; None: not to be shown."""

    words: str | None
    share: int = 0


@dataclass(frozen=True, slots=True)
class Line:
    """A row of a table: what it is about, and its numbers."""

    name: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Hours:
    """When calls of a month begin or end, for those quarters of an hour that have a number."""

    metric: Metric
    month: str
    bars: tuple[tuple[int, int], ...]  # which quarter of the day, and its share in hundredths
    lines: tuple[Line, ...]


async def show_statistics(ask: Ask) -> aioweb.Response:
    """The last thirty days that are over, the weeks they lie in, and the month before this one."""
    today = day_of(ask.parts.now_ms() - PUBLISHED_AFTER_MS)  # so far nothing of it
    days = [today - timedelta(days=back) for back in range(1, DAYS + 1)]
    weeks = _stretches(Metric.LENGTH, today, _WEEKS)
    months = _stretches(Metric.BEGUN, today, 1)
    since = min(days[-1], weeks[-1], months[-1])
    sheets = await ask.parts.statistics.published(since, today)
    known: _Known = {(sheet.metric, sheet.first): sheet.cells for sheet in sheets}
    who, texts = ask.signed_in, ask.texts
    return ask.parts.screens.show(
        "statistics", texts, {"csrf": who.csrf}, path=ask.path,
        k=K, step=STEP,
        daily=_daily(known, days, texts),
        weeks=[_short(week, texts) for week in weeks],
        weekly=_weekly(known, weeks, texts),
        hours=[
            _hours(metric, months[0], known.get((metric, months[0]), {}), texts)
            for metric in (Metric.BEGUN, Metric.ENDED)
        ],
        anything=bool(sheets),
    )  # fmt: skip


def _stretches(metric: Metric, today: date, count: int) -> list[date]:
    """The first days of the last stretches before the one that is not over, newest first."""
    found = [metric.stretch.first(today)]
    for _ in range(count):
        found.append(metric.stretch.first(found[-1] - timedelta(days=1)))
    return found[1:]


def _daily(known: _Known, days: list[date], texts: Texts) -> list[Line]:
    numbers = [[known.get((metric, day), {}).get(cell) for metric, cell in _DAILY] for day in days]
    most = _most(number for row in numbers for number in row)
    return [
        Line(_weekday(day, texts), tuple(_cell(number, most, texts) for number in row))
        for day, row in zip(days, numbers, strict=True)
        if any(row)
    ]


def _weekly(known: _Known, weeks: list[date], texts: Texts) -> list[tuple[str, list[Line]]]:
    """In each group a line per cell, and in it a number per week."""
    groups = []
    for group, cells in _WEEKLY:
        numbers = [
            [known.get((metric, week), {}).get(cell) for week in weeks] for metric, cell in cells
        ]
        most = _most(number for row in numbers for number in row)
        lines = [
            Line(
                texts.t(f"statistics.{metric.value}.{cell}"),
                tuple(_cell(number, most, texts) for number in row),
            )
            for (metric, cell), row in zip(cells, numbers, strict=True)
        ]
        if any(any(row) for row in numbers):
            groups.append((texts.t(f"statistics.{group}"), lines))
    return groups


def _hours(metric: Metric, month: date, cells: dict[str, int], texts: Texts) -> Hours:
    most = _most(cells.values())
    shown = [(at, cells[name]) for at, name in enumerate(metric.cells) if name in cells]
    return Hours(
        metric,
        format_date(month, "LLLL y", locale=texts.language),
        tuple((at, _share(number, most)) for at, number in shown),
        tuple(Line(metric.cells[at], (_cell(number, most, texts),)) for at, number in shown),
    )


def _cell(number: int | None, most: int, texts: Texts) -> Cell:
    if number is None:
        return Cell(None)
    return Cell(format_decimal(number, locale=texts.language), _share(number, most))


def _most(numbers: Iterable[int | None]) -> int:
    return max((number for number in numbers if number is not None), default=1)


def _share(number: int, most: int) -> int:
    return max(1, round(100 * number / most))


def _weekday(day: date, texts: Texts) -> str:
    pattern = {"de": "EEE d.M.", "en": "EEE d MMM"}[texts.language]
    return format_date(day, pattern, locale=texts.language)


def _short(day: date, texts: Texts) -> str:
    return format_date(day, {"de": "d. MMM", "en": "d MMM"}[texts.language], locale=texts.language)


ROUTES: Final = (
    Route(
        "GET", "/ops/statistics", show_statistics, Who.OPERATOR, Shape.PAGE,
        "What is published of the counters",
    ),
)  # fmt: skip
