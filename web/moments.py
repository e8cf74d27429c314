"""Times as people of this house read them: in its language, by the clock of Berlin."""

from datetime import UTC, date, datetime
from typing import Final

from babel.dates import format_date, format_datetime, get_timezone

_HERE: Final = get_timezone("Europe/Berlin")
_SECOND: Final = {"de": "d. MMMM y, HH:mm:ss 'Uhr'", "en": "d MMMM y, HH:mm:ss"}
_MINUTE: Final = {"de": "d. MMMM y, HH:mm 'Uhr'", "en": "d MMMM y, HH:mm"}
_TIME: Final = {"de": "HH:mm 'Uhr'", "en": "HH:mm"}
_DAY: Final = {"de": "d. MMMM y", "en": "d MMMM y"}


def at_second(at_ms: int, language: str) -> str:
    """Milliseconds of UTC, to the second."""
    return _formatted(datetime.fromtimestamp(at_ms / 1_000, UTC), _SECOND[language], language)


def at_minute(at: datetime, language: str) -> str:
    return _formatted(at, _MINUTE[language], language)


def at_time(at_ms: int, now_ms: int, language: str) -> str:
    """The time alone where that is today, else with its day."""
    at, now = (datetime.fromtimestamp(ms / 1_000, UTC).astimezone(_HERE) for ms in (at_ms, now_ms))
    pattern = _TIME if at.date() == now.date() else _MINUTE
    return _formatted(at, pattern[language], language)


def on_day(at: datetime, language: str) -> str:
    return format_date(at.astimezone(_HERE), _DAY[language], locale=language)


def _formatted(at: datetime, pattern: str, language: str) -> str:
    return format_datetime(at, pattern, tzinfo=_HERE, locale=language)


def on_day_of(day: date, language: str) -> str:
    """A day that is one already."""
    return format_date(day, _DAY[language], locale=language)
