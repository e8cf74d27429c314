"""Outlines of elements as SVG paths, in their own coordinates, as Excalidraw's at roughness 0.

It knows lines and corners, and neither colours nor files.
"""

import cmath
import math
from collections.abc import Sequence
from typing import Final

from whiteboard.elements import Element
from whiteboard.strokes import WIDTH, outline

_ELBOW_RADIUS: Final = 16
_SIZES: Final = {"arrow": 25, "diamond": 12, "diamond_outline": 12, "crowfoot_many": 20,
                 "crowfoot_one": 20, "crowfoot_one_or_many": 20}  # fmt: skip
_ROUND: Final = ("dot", "circle", "circle_outline")


def number(value: float) -> str:
    """A number for SVG: at most two decimals, no exponent, no minus zero."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def _at(*points: complex) -> str:
    return " ".join(f"{number(point.real)} {number(point.imag)}" for point in points)


def points_of(element: Element) -> list[complex]:
    return [complex(x, y) for x, y in element["points"]]


def corner_radius(element: Element, side: float) -> float:
    """How round the corners beside a side of this length are."""
    roundness = element["roundness"]
    if roundness is None:
        return 0
    if roundness["type"] != 3:
        return side * 0.25
    fixed = 32 if roundness["value"] is None else float(roundness["value"])
    return side * 0.25 if side <= fixed / 0.25 else fixed


def diamond(element: Element) -> str:
    width, height = element["width"], element["height"]
    middle_x, middle_y = width / 2, height / 2
    across = corner_radius(element, middle_x)
    down = corner_radius(element, middle_y)
    tips = [
        complex(middle_x, 0),
        complex(width, middle_y),
        complex(middle_x, height),
        1j * middle_y,
    ]
    step = [complex(across, down), complex(-across, down), complex(-across, -down),
            complex(across, -down)]  # fmt: skip
    path = f"M{_at(tips[0] + step[0])}"
    for n in (1, 2, 3, 0):
        path += f" L{_at(tips[n] - step[n - 1])} C{_at(tips[n], tips[n], tips[n] + step[n])}"
    return path + " Z"


def stroke(element: Element) -> str:
    """A freehand stroke as a filled outline, smoothed through the middles of its sides."""
    pressures = None if element["simulatePressure"] else element["pressures"]
    edge = outline(points_of(element), pressures, element["strokeWidth"] * WIDTH)
    if not edge:
        return ""
    halves = (
        (here, (here + after) / 2) for here, after in zip(edge, [*edge[1:], edge[0]], strict=True)
    )
    return f"M{_at(edge[0])} Q" + " ".join(_at(*pair) for pair in halves) + " Z"


def line(element: Element) -> str:
    points = points_of(element)
    if element.get("elbowed"):
        return _elbows(points)
    return _curve(points) if element["roundness"] else "M" + " L".join(map(_at, points))


def _controls(points: Sequence[complex], n: int) -> tuple[complex, complex]:
    """Of the piece of a curve from point n to the next, as rough.js draws it (tightness 0)."""
    before, after = points[max(n - 1, 0)], points[min(n + 2, len(points) - 1)]
    here, there = points[n], points[n + 1]
    return here + (there - before) / 6, there - (after - here) / 6


def _curve(points: Sequence[complex]) -> str:
    pieces = (f" C{_at(*_controls(points, n), points[n + 1])}" for n in range(len(points) - 1))
    return f"M{_at(points[0])}" + "".join(pieces)


def _elbows(points: Sequence[complex]) -> str:
    path = f"M{_at(points[0])}"
    for before, here, after in zip(points, points[1:], points[2:], strict=False):
        back, on = before - here, after - here
        radius = min(_ELBOW_RADIUS, abs(back) / 2, abs(on) / 2)
        if radius == 0:
            continue
        start, end = here + back / abs(back) * radius, here + on / abs(on) * radius
        path += f" L{_at(start)} Q{_at(here, end)}"
    return path + f" L{_at(points[-1])}"


def is_closed(element: Element) -> bool:
    """Whether a line encloses something that can be filled."""
    points = points_of(element)
    return len(points) > 3 and abs(points[0] - points[-1]) <= 8


def arrowhead(element: Element, *, at_end: bool) -> tuple[str, str] | None:
    """The path of a head and how to fill it: none, stroke, paper. None if there is no head."""
    kind: str | None = element["endArrowhead" if at_end else "startArrowhead"]
    points = points_of(element)
    points = points if at_end else points[::-1]
    if kind is None or len(points) < 2 or points[-1] == points[-2]:
        return None
    tip, length = points[-1], abs(points[-1] - points[-2])
    direction = _direction(points, curved=bool(element["roundness"]) and not element.get("elbowed"))
    size = min(_SIZES.get(kind, 15), length * (0.25 if kind.startswith("diamond") else 0.5))
    fill = "none" if kind in ("arrow", "bar") or kind.startswith("crowfoot") else "stroke"
    if kind.endswith("_outline"):
        fill = "paper"
    if kind in _ROUND:
        return _circle(tip, max(0.1, (size + element["strokeWidth"] - 2) / 2)), fill
    return _head(kind, tip, direction, size), fill


def _direction(points: Sequence[complex], *, curved: bool) -> complex:
    tip = points[-1]
    start = points[-2]
    if curved:
        one, other = _controls(points, len(points) - 2)
        # Where the curve is at 0.3 from its end, as Excalidraw looks for it.
        start = 0.027 * start + 0.189 * one + 0.441 * other + 0.343 * tip
    return (tip - start) / (abs(tip - start) or 1)


def _head(kind: str, tip: complex, direction: complex, size: float) -> str:
    back = -direction * size
    if kind.startswith("crowfoot"):
        foot = tip + back
        toes = [foot + direction * size * cmath.rect(1, math.radians(a)) for a in (-25, 25)]
        many = f"M{_at(toes[0])} L{_at(foot)} L{_at(toes[1])}"
        bar = f"M{_at(foot + direction * size * 1j / 2)} L{_at(foot - direction * size * 1j / 2)}"
        return {"crowfoot_one": bar, "crowfoot_many": many}.get(kind, f"{many} {bar}")
    angle = {"arrow": 20, "bar": 90}.get(kind, 25)
    wings = [tip + back * cmath.rect(1, math.radians(a)) for a in (-angle, angle)]
    if kind in ("arrow", "bar"):
        return f"M{_at(wings[0])} L{_at(tip)} L{_at(wings[1])}"
    far = [tip + 2 * back] if kind.startswith("diamond") else []
    return "M" + " L".join(map(_at, [tip, wings[0], *far, wings[1]])) + " Z"


def _circle(middle: complex, radius: float) -> str:
    east, west = middle + radius, middle - radius
    turn = f"A{number(radius)} {number(radius)} 0 0 1"
    return f"M{_at(east)} {turn} {_at(west)} {turn} {_at(east)} Z"
