"""Measurements. Every module here has a `measure()` that returns the rows of its table."""

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured thing: a row of the table."""

    what: str
    unit: str
    values: tuple[float, ...]
    promise: str = ""  # what it must be, in words

    @property
    def row(self) -> tuple[str, ...]:
        least, middle, most = min(self.values), median(self.values), max(self.values)
        digits = 0 if middle >= 10 else 2
        numbers = (f"{value:,.{digits}f}" for value in (middle, least, most))
        return (self.what, *numbers, self.unit, str(len(self.values)), self.promise)


HEADINGS = ("", "median", "min", "max", "unit", "n", "promised")


def table(figures: Iterable[Figure]) -> str:
    """The figures below each other, numbers to the right."""
    rows = [HEADINGS, *(figure.row for figure in figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]
    lines = []
    for row in rows:
        cells = [
            text.rjust(width) if column in (1, 2, 3, 5) else text.ljust(width)
            for column, (text, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)
