"""The outline of a stroke whose width follows pressure: perfect-freehand 1.2 as Excalidraw uses it.

Points are complex numbers, x + iy; a quarter turn is a factor of i. Held against the original by
`tests/vectors/strokes.json`.
"""

import cmath
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

_STREAM: Final = 0.15 + (1 - 0.5) * 0.85  # streamline 0.5
_THINNING: Final = 0.6
_RATE: Final = 0.275  # how quickly a simulated pressure follows the speed
_HALF: Final = math.pi + 0.0001
WIDTH: Final = 4.25  # the size of a stroke, in stroke widths


@dataclass(frozen=True, slots=True)
class _Point:
    at: complex
    pressure: float
    vector: complex  # toward the point before, of length 1
    distance: float
    run: float


def outline(
    points: Sequence[complex], pressures: Sequence[float] | None, size: float
) -> list[complex]:
    """The polygon of a stroke; `pressures` from 0 to 1, None to guess them from the speed.

    Empty if there is nothing to draw. `size` is the width at full pressure.
    """
    if not points or size <= 0:
        return []
    given = [*(pressures or ())]
    known = [given[n] if n < len(given) else None for n in range(len(points))]
    return _outline(_streamlined([*points], known, size), size, simulated=pressures is None)


def _streamlined(at: list[complex], pressures: list[float | None], size: float) -> list[_Point]:
    if len(at) == 2:
        first, last = at
        at = [first, *(first + (last - first) * step / 4 for step in range(1, 5))]
        pressures = [pressures[0], None, None, None, None]  # as the original does it
    if len(at) == 1:
        at, pressures = [at[0], at[0] + 1 + 1j], pressures * 2
    before = at[0]
    drawn: list[_Point] = []
    run, long_enough = 0.0, False
    for n in range(1, len(at)):
        here = before + (at[n] - before) * _STREAM
        if here == before:
            continue
        distance = abs(here - before)
        run += distance
        if n < len(at) - 1 and not long_enough:
            if run < size:
                continue
            long_enough = True
        pressure = pressures[n]
        vector = (before - here) / distance
        drawn.append(_Point(here, 0.5 if pressure is None else pressure, vector, distance, run))
        before = here
    start = pressures[0]
    vector = drawn[0].vector if drawn else 0j
    return [_Point(at[0], 0.25 if start is None else start, vector, 0, 0), *drawn]


def _radius(size: float, pressure: float) -> float:
    return max(0.01, size * math.sin((0.5 - _THINNING * (0.5 - pressure)) * math.pi / 2))


def _guessed(before: float, distance: float, size: float) -> float:
    speed = min(1, distance / size)
    return min(1, before + (min(1, 1 - speed) - before) * (speed * _RATE))


def _dot(one: complex, other: complex) -> float:
    return one.real * other.real + one.imag * other.imag


def _arc(start: complex, around: complex, steps: int, angle: float) -> list[complex]:
    """From `start` around a point by `angle`, without the start itself."""
    return [
        around + (start - around) * cmath.rect(1, angle * n / steps) for n in range(1, steps + 1)
    ]


def _outline(points: list[_Point], size: float, *, simulated: bool) -> list[complex]:
    if len(points) == 1:
        edge = cmath.rect(_radius(size, points[0].pressure), -math.pi / 4)
        return _arc(points[0].at + edge, points[0].at, 13, 2 * _HALF)
    pressure = points[0].pressure
    for point in points[:10]:
        now = _guessed(pressure, point.distance, size) if simulated else point.pressure
        pressure = (pressure + now) / 2
    left: list[complex] = []
    right: list[complex] = []
    last = len(points) - 1
    radius = _radius(size, points[last].pressure)
    vector, sharp = points[0].vector, False
    for n, point in enumerate(points):
        if n < last and points[last].run - point.run < 3:
            continue  # noise at the end
        now = _guessed(pressure, point.distance, size) if simulated else point.pressure
        radius = _radius(size, now)
        following = points[min(n + 1, last)].vector
        turn = _dot(point.vector, following) if n < last else 1.0
        if (_dot(point.vector, vector) < 0 and not sharp) or turn < 0:
            around = -1j * vector * radius
            for side, start, angle in ((left, -around, _HALF), (right, around, -_HALF)):
                side.append(point.at + start)
                side += _arc(point.at + start, point.at, 13, angle)
            sharp = sharp or turn < 0
            continue
        sharp = False
        if n == last:
            left.append(point.at + 1j * point.vector * radius)
            right.append(point.at - 1j * point.vector * radius)
            break
        across = -1j * (following + (point.vector - following) * turn) * radius
        for side, at in ((left, point.at - across), (right, point.at + across)):
            if n <= 1 or abs(side[-1] - at) > size / 2:
                side.append(at)
        pressure, vector = now, point.vector
    return _closed(points, left, right, radius)


def _closed(
    points: list[_Point], left: list[complex], right: list[complex], radius: float
) -> list[complex]:
    """Both sides joined, with round ends."""
    first, last = points[0], points[-1]
    beginning = _arc(right[0], first.at, 13, _HALF) if right else []
    end = _arc(last.at + 1j * last.vector * radius, last.at, 29, 3 * _HALF)
    return [*left, *end, *reversed(right), *beginning]
