"""What an examination found: how grave, a code that stays the same, and facts for the words.

It knows neither the examinations nor the words.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum

from web.settings import Settings


class Grade(IntEnum):
    """Also the exit status of whoever reports it."""

    FINE = 0
    WARNING = 1
    ERROR = 2


@dataclass(frozen=True, slots=True)
class Finding:
    """`code` is a key of the catalogs below `doctor.`."""

    grade: Grade
    code: str
    facts: Mapping[str, object] = field(default_factory=dict)


Examination = Callable[[Settings], AsyncIterator[Finding]]


def fine(code: str, **facts: object) -> Finding:
    return Finding(Grade.FINE, code, facts)


def warning(code: str, **facts: object) -> Finding:
    return Finding(Grade.WARNING, code, facts)


def error(code: str, **facts: object) -> Finding:
    return Finding(Grade.ERROR, code, facts)
