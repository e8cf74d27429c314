"""Elements as SVG, without a browser: all that the board may hold, drawn at roughness 0.

It has no keys and fetches nothing: pictures come as bytes. Whatever somebody wrote stays text.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from whiteboard.elements import Element
from whiteboard.figures import FRAME_NAME, PAPER, Pictures, drawn
from whiteboard.shapes import number

MARGIN: Final = 16


class Box(NamedTuple):
    """A rectangle of the scene."""

    x: float
    y: float
    width: float
    height: float

    def meets(self, other: "Box") -> bool:
        """Whether both share more than an edge."""
        return (
            self.x < other.x + other.width
            and other.x < self.x + self.width
            and self.y < other.y + other.height
            and other.y < self.y + self.height
        )


def svg(elements: Sequence[Element], pictures: Pictures, view: Box | None = None) -> str:
    """What is to be seen in `view`, given from back to front; without one, all with a margin.

    A picture that is not there becomes a grey rectangle.
    """
    box = view or extent(elements)
    labels = {element["containerId"]: element for element in elements if element["type"] == "text"}
    frames = {element["id"]: element for element in elements if element["type"] == "frame"}
    placed = [
        _placed(element, n, pictures, labels, frames)
        for n, element in enumerate(elements)
        if bounds(element).meets(box)
    ]
    size = f'width="{number(box.width)}" height="{number(box.height)}"'
    at = f"{number(box.x)} {number(box.y)} {number(box.width)} {number(box.height)}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{at}" {size}>'
        f'<rect x="{number(box.x)}" y="{number(box.y)}" {size} fill="{PAPER}"/>'
        f"{''.join(placed)}</svg>"
    )


def bounds(element: Element) -> Box:
    """The rectangle that an element takes up, turned, with its line's width and its name."""
    box = _upright(element)
    if angle := element["angle"]:
        sine, cosine = abs(math.sin(angle)), abs(math.cos(angle))
        width = box.width * cosine + box.height * sine
        height = box.width * sine + box.height * cosine
        middle_x, middle_y = box.x + box.width / 2, box.y + box.height / 2
        box = Box(middle_x - width / 2, middle_y - height / 2, width, height)
    more = element["strokeWidth"] * (2.5 if element["type"] == "freedraw" else 1) + 1
    above = FRAME_NAME * 1.5 if element["type"] == "frame" else 0
    return Box(
        box.x - more, box.y - more - above, box.width + 2 * more, box.height + 2 * more + above
    )


def _upright(element: Element) -> Box:
    x, y = element["x"], element["y"]
    if "points" not in element:
        return Box(x, y, element["width"], element["height"])
    across, down = zip(*element["points"], strict=True)
    return Box(x + min(across), y + min(down), max(across) - min(across), max(down) - min(down))


def extent(elements: Sequence[Element]) -> Box:
    """The rectangle around all of them, with a margin; a small empty one if there are none."""
    boxes = [bounds(element) for element in elements]
    if not boxes:
        return Box(0, 0, 400, 300)
    left, top = min(box.x for box in boxes), min(box.y for box in boxes)
    right = max(box.x + box.width for box in boxes)
    bottom = max(box.y + box.height for box in boxes)
    return Box(left - MARGIN, top - MARGIN, right - left + 2 * MARGIN, bottom - top + 2 * MARGIN)


def _placed(
    element: Element,
    n: int,
    pictures: Pictures,
    labels: Mapping[str | None, Element],
    frames: Mapping[str, Element],
) -> str:
    """An element where it lies: moved, turned about its middle, cut off at the frame around it."""
    own = _upright(element)
    x, y = element["x"], element["y"]
    middle_x, middle_y = own.x - x + own.width / 2, own.y - y + own.height / 2
    turn = (
        f" rotate({number(math.degrees(element['angle']))} {number(middle_x)} {number(middle_y)})"
    )
    place = f"translate({number(x)} {number(y)})" + (turn if element["angle"] else "")
    faint = f' opacity="{number(element["opacity"] / 100)}"' if element["opacity"] != 100 else ""
    label = labels.get(element["id"]) if element["type"] == "arrow" else None
    gap, masked = _gap(element, n, label)
    here = f'{gap}<g transform="{place}"{faint}{masked}>{drawn(element, n, pictures)}</g>'
    frame = frames.get(element["frameId"])
    return here if frame is None else _cut(here, n, frame)


def _cut(inside: str, n: int, frame: Element) -> str:
    edge = _rect(frame)
    return f'<clipPath id="c{n}"><rect {edge}/></clipPath><g clip-path="url(#c{n})">{inside}</g>'


def _rect(element: Element) -> str:
    return " ".join(f'{name}="{number(element[name])}"' for name in ("x", "y", "width", "height"))


def _gap(element: Element, n: int, label: Element | None) -> tuple[str, str]:
    """An arrow makes room for the text that lies on it."""
    if label is None:
        return "", ""
    box = bounds(element)
    across, down = box.width + 100, box.height + 100
    x, y = box.x - 50 - element["x"], box.y - 50 - element["y"]
    whole = f'x="{number(x)}" y="{number(y)}" width="{number(across)}" height="{number(down)}"'
    shift = f'transform="translate({number(-element["x"])} {number(-element["y"])})"'
    mask = (
        f'<mask id="m{n}" maskUnits="userSpaceOnUse" {whole}><rect {whole} fill="#fff"/>'
        f'<rect {shift} {_rect(label)} fill="#000"/></mask>'
    )
    return mask, f' mask="url(#m{n})"'


def file_ids(elements: Iterable[Element]) -> list[str]:
    """Of the pictures and pages that these elements show, each once, in their order."""
    shown = (element["fileId"] for element in elements if element["type"] == "image")
    return list(dict.fromkeys(shown))
