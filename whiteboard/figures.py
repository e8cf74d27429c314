"""One element as SVG, in its own coordinates: outline, filling, heads, picture.

It does not know where the element lies, nor what lies beside it.
"""

import base64
from collections.abc import Mapping
from typing import Final

from whiteboard import shapes
from whiteboard.elements import Element
from whiteboard.lettering import family, text, xml
from whiteboard.pictures import Picture
from whiteboard.shapes import number

Pictures = Mapping[str, Picture]  # by the fileId of the element that shows it

PAPER: Final = "#ffffff"
FRAME_NAME: Final = 14  # font size
_DASHES: Final = {"dashed": (8, 8), "dotted": (1.5, 6)}


def drawn(element: Element, n: int, pictures: Pictures) -> str:
    """The element at the origin of its own coordinates; `n` makes the ids in it its own."""
    type_ = element["type"]
    if type_ == "text":
        return text(element)
    if type_ == "image":
        return _image(element, n, pictures.get(element["fileId"]))
    if type_ == "frame":
        return _frame(element)
    if type_ == "freedraw":
        return f'<path d="{shapes.stroke(element)}" fill="{element["strokeColor"]}"/>'
    if type_ in ("line", "arrow"):
        return _line(element, n)
    return _filled(element, n, _outline(element))


def _outline(element: Element) -> str:
    width, height = element["width"], element["height"]
    if element["type"] == "ellipse":
        rx, ry = number(width / 2), number(height / 2)
        return f'<ellipse cx="{rx}" cy="{ry}" rx="{rx}" ry="{ry}"'
    if element["type"] == "diamond":
        return f'<path d="{shapes.diamond(element)}"'
    radius = number(shapes.corner_radius(element, min(width, height)))
    return f'<rect width="{number(width)}" height="{number(height)}" rx="{radius}"'


def _pen(element: Element) -> str:
    width = element["strokeWidth"]
    pen = (
        f' stroke="{element["strokeColor"]}" stroke-width="{number(width)}"'
        ' stroke-linecap="round" stroke-linejoin="round"'
    )
    if dashes := _DASHES.get(element["strokeStyle"]):
        pen += f' stroke-dasharray="{number(dashes[0])} {number(dashes[1] + width)}"'
    return pen


def _filled(element: Element, n: int, start: str) -> str:
    """A closed shape: its filling, hatched if it is, below its line."""
    colour, style = element["backgroundColor"], element["fillStyle"]
    if colour == "transparent" or style == "solid":
        fill = "none" if colour == "transparent" else colour
        return f'{start} fill="{fill}"{_pen(element)}/>'
    gap, thin = max(4, element["strokeWidth"] * 4), max(0.5, element["strokeWidth"] / 2)
    lines = f"M0 {number(gap / 2)}H{number(gap)}"
    if style == "cross-hatch":
        lines += f"M{number(gap / 2)} 0V{number(gap)}"
    return (
        f'<pattern id="p{n}" width="{number(gap)}" height="{number(gap)}"'
        f' patternUnits="userSpaceOnUse" patternTransform="rotate(-41)"><path d="{lines}"'
        f' stroke="{colour}" stroke-width="{number(thin)}"/></pattern>'
        f'{start} fill="url(#p{n})"{_pen(element)}/>'
    )


def _line(element: Element, n: int) -> str:
    start = f'<path d="{shapes.line(element)}"'
    if element["type"] == "line" and shapes.is_closed(element):
        drawn = _filled(element, n, start)
    else:
        drawn = f'{start} fill="none"{_pen(element)}/>'
    solid = _pen({**element, "strokeStyle": "solid"})  # type: ignore[arg-type]
    fills = {"none": "none", "stroke": element["strokeColor"], "paper": PAPER}
    for at_end in (False, True):
        if head := shapes.arrowhead(element, at_end=at_end):
            drawn += f'<path d="{head[0]}" fill="{fills[head[1]]}"{solid}/>'
    return drawn


def _frame(element: Element) -> str:
    width, height = number(element["width"]), number(element["height"])
    name = "" if element["name"] is None else (
        f'<text x="0" y="-6" font-family="{family(6)}" font-size="{FRAME_NAME}"'
        f' fill="#6b6b6b">{xml(element["name"])}</text>'
    )  # fmt: skip
    edge = f'<rect width="{width}" height="{height}" rx="8" fill="none" stroke="#bbb"'
    return f'{edge} stroke-width="2"/>{name}'


def _image(element: Element, n: int, picture: Picture | None) -> str:
    width, height = element["width"], element["height"]
    size = f'width="{number(width)}" height="{number(height)}"'
    if picture is None:
        return f'<rect {size} fill="#eee" stroke="#999"/>'
    href = f"data:{picture.type};base64,{base64.b64encode(picture.data).decode()}"
    flip_x, flip_y = (-1 if factor < 0 else 1 for factor in element["scale"])
    mirror = ""
    if (flip_x, flip_y) != (1, 1):
        shift = f"{number(width if flip_x < 0 else 0)} {number(height if flip_y < 0 else 0)}"
        mirror = f' transform="translate({shift}) scale({flip_x} {flip_y})"'
    image = f'<image {size} href="{href}" preserveAspectRatio="none"/>'
    crop = element["crop"]
    if crop and crop["width"] and crop["height"]:
        image = _cropped(width, height, crop, href, n)
    return f"<g{mirror}>{image}</g>"


def _cropped(width: float, height: float, crop: Mapping[str, float], href: str, n: int) -> str:
    across, down = width / crop["width"], height / crop["height"]
    box = {
        "x": -crop["x"] * across,
        "y": -crop["y"] * down,
        "width": crop["naturalWidth"] * across,
        "height": crop["naturalHeight"] * down,
    }
    area = " ".join(f'{name}="{number(value)}"' for name, value in box.items())
    return (
        f'<clipPath id="i{n}"><rect width="{number(width)}" height="{number(height)}"/></clipPath>'
        f'<g clip-path="url(#i{n})"><image {area} href="{href}" preserveAspectRatio="none"/></g>'
    )
