"""The board in Python: folding a log, hashing a scene, drawing it and setting it into a file."""

import math
import random
import time
from collections.abc import Callable
from typing import Any

from sessions.events import ParticipantId
from tests.bench import Figure
from whiteboard.elements import clean
from whiteboard.pages import board
from whiteboard.render import svg
from whiteboard.scene import Fold, Scene, ordered, scene_hash

_ELEMENTS = 1_000
_TIMES = 7


def _element(dice: random.Random, n: int) -> dict[str, Any]:
    """Mostly strokes of 60 points, as people draw; some boxes and words."""
    at = {"id": f"e{n}", "version": 1, "versionNonce": n, "x": dice.uniform(0, 4_000),
          "y": dice.uniform(0, 3_000), "width": 200, "height": 60}  # fmt: skip
    if n % 5 == 0:
        return {**at, "type": "text", "text": "Hausrat, Haftpflicht", "fontSize": 20}
    if n % 5 == 1:
        return {**at, "type": "rectangle", "roundness": {"type": 3}}
    points = [[i * 3.3, 30 * math.sin(i / 5 + n)] for i in range(60)]
    return {**at, "type": "freedraw", "points": points}


def _timed(what: str, work: Callable[[], object], promise: str = "") -> Figure:
    values = []
    for _ in range(_TIMES):
        start = time.perf_counter()
        work()
        values.append((time.perf_counter() - start) * 1_000)
    return Figure(what, "ms", tuple(values), promise)


def measure() -> list[Figure]:
    """Everything over a board of a thousand elements."""
    dice = random.Random(4)
    drawn = [_element(dice, n) for n in range(_ELEMENTS)]

    def fold() -> Scene:
        told = Fold()
        for element in drawn:
            told.apply("board.changed", ParticipantId("b" * 16), {"elements": [element]})
        return told.scene

    scene = fold()
    elements = ordered(scene)
    return [
        _timed("cleaning a stroke of 60 points", lambda: clean(drawn[2])),
        _timed(f"folding {_ELEMENTS:,} changes", fold),
        _timed(f"hashing a scene of {_ELEMENTS:,} elements", lambda: scene_hash(scene)),
        _timed("drawing it as SVG", lambda: svg(elements, {})),
        _timed("the whole board as PDF", lambda: board(scene, {}, "pdf")),
        _timed("the whole board as PNG", lambda: board(scene, {}, "png")),
    ]
